//! The program as an operator meets it: a process with settings, signals, files and exit codes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod commands;
mod starting;
mod streams;
mod support;
