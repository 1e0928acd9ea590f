//! Shared Signals: what happens here, told to those who may hear of it (SSF 1.0, CAEP 1.0, RISC 1.0).
//!
//! [`table`] says what in the log becomes which event, [`meaning`] makes it, [`hearing`] decides which
//! streams hear of whom, [`consumer`] follows the log and queues tokens, [`channel`] pushes them.

pub mod channel;
mod claims;
pub mod consumer;
mod hearing;
pub mod meaning;
pub mod set;
pub mod sign;
mod subject;
pub mod table;
pub mod watch;
