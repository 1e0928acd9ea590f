//! The pure rules, one a file, each with its table and its tests.
//!
//! `access` has what an administrator declares about an API, `scope` decides from it what a token
//! may carry, `target` for which one API a token is. The rest stands alone.

pub mod access;
pub mod nesting;
pub mod refresh;
pub mod scope;
pub mod session;
pub mod target;
pub mod throttle;
