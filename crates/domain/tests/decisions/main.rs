//! Given a state, when this is decided, then these events: every rule of the domain, without a database.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::format_push_string, reason = "a page is made once")]

mod api;
mod catalogue;
mod client;
mod grant;
mod group;
mod powers;
mod session;
mod signing_key;
mod stream;
mod support;
mod user;
