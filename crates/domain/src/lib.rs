//! Chancery's rules: the values everything is made of, the events, and the decisions.
//!
//! Nothing here is async, reads a clock, does I/O or draws randomness: the crate is `no_std`, so
//! it could not. Time, fresh secrets and verdicts from outside are arguments.
#![no_std]

extern crate alloc;

pub mod policy;
pub mod value;
