//! The contract of the log: every test runs on both databases.

mod claims;
mod contract;
mod cursors;
mod groups;
mod migrations;
mod ordering;
mod retention;
mod rows;
mod support;
