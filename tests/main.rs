//! The whole application, on each database it runs on. One binary, so that it is linked once.
//!
//! `state` knows commands and tables; `oauth` and `pages` know HTTP only, one file for each
//! specification; `invariants` holds the promises of ARCHITECTURE.md, a test of the same name each.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::large_futures,
    clippy::similar_names,
    clippy::too_many_lines,
    reason = "a test is read from top to bottom, and runs once"
)]

mod admin;
mod delivery;
mod durability;
mod independent_client;
mod invariants;
mod oauth;
mod pages;
mod signals;
mod ssf;
mod state;
mod support;
mod vectors;
