//! Given a state, when this is decided, then these events: every rule of the domain, without a database.

mod api;
mod catalogue;
mod client;
mod grant;
mod group;
mod powers;
mod session;
mod signing_key;
mod support;
mod user;
