#![doc = include_str!("../README.md")]

mod batch;
mod cursor;
mod error;
mod event;
mod group;
mod log;
mod migrate;
mod news;
mod plan;
mod postgres;
mod retention;
mod sql;
mod sqlite;
mod statements;
mod tail;
mod value;

pub use batch::{AppendError, Appended, Batch, Claim, Rows, Statement};
pub use cursor::{Cursor, Lease};
pub use error::DbError;
pub use event::{Class, Event, NewEvent, Personal};
pub use log::{Log, Options};
pub use migrate::Migration;
pub use news::Topic;
pub use tail::Page;
pub use value::{Row, Value};

/// A position in the whole log, counted from 1; 0 is before the first event.
pub type Seq = i64;

/// A position in the history of one subject, counted from 1; 0 means that it does not exist.
pub type Version = i64;

/// The DDL of the log's own tables: to be the first [`Migration`].
pub const LOG_SCHEMA: &str = include_str!("schema.sql");
