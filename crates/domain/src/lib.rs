//! Chancery's rules: the values everything is made of, the events, and the decisions.
//!
//! Nothing here is async, reads a clock, does I/O or draws randomness: the crate is `no_std`, so
//! it could not. Time, fresh secrets and verdicts from outside are arguments.
#![no_std]

extern crate alloc;
// What `utoipa` derives says `std` where `alloc` is enough.
#[cfg(feature = "openapi")]
#[macro_use]
extern crate alloc as std;

pub mod api;
pub mod cause;
pub mod client;
pub mod event;
pub mod grant;
pub mod group;
pub mod personal;
pub mod policy;
pub mod powers;
pub mod refusal;
pub mod session;
pub mod signal;
pub mod signing_key;
pub mod stream;
pub mod user;
pub mod value;
