//! The contract of the log: every test runs on both databases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod child;
mod claims;
mod contract;
mod crash;
mod cursors;
mod groups;
mod migrations;
mod model;
mod ordering;
mod proxy;
mod retention;
mod rows;
mod support;
mod tls;
