//! Commands and tables, without HTTP.

pub(crate) mod concurrency;
mod erase;
mod random;
mod realm_file;
pub(crate) mod statements;
mod time;
pub(crate) mod verify;
