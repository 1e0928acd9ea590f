//! The contract of the log: every test runs on both databases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod claims;
mod contract;
mod cursors;
mod groups;
mod migrations;
mod ordering;
mod retention;
mod rows;
mod support;
