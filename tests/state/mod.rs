//! Commands and tables, without HTTP.

pub(crate) mod concurrency;
mod erase;
mod random;
mod realm_file;
mod realm_streams;
pub(crate) mod statements;
mod time;
pub(crate) mod verify;
