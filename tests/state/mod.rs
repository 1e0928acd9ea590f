//! Commands and tables, without HTTP.

pub(crate) mod concurrency;
mod erase;
mod random;
pub(crate) mod statements;
mod time;
mod verify;
