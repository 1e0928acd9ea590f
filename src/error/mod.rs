//! Errors in the form of each protocol.

pub mod page;
