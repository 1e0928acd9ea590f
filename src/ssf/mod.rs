//! Shared Signals: what happens here, told to those who may hear of it (SSF 1.0, CAEP 1.0, RISC 1.0).
//!
//! [`table`] says what in the log becomes which event, [`meaning`] makes it, `hearing` decides which
//! streams hear of whom, [`consumer`] follows the log and queues tokens, [`channel`] pushes them. [`router`]
//! has the endpoints for receivers.

mod activity;
mod call;
pub mod channel;
mod claims;
mod configuration;
pub mod consumer;
pub(crate) mod endpoint;
mod hearing;
pub mod meaning;
mod metadata;
mod path;
mod poll;
mod router;
pub mod set;
pub mod sign;
mod status;
mod streams;
mod subject;
pub(crate) mod subjects;
pub mod table;
mod verify;
pub mod watch;

pub use router::{router, well_known};
pub(crate) use verify::send_verification;
