//! The pure rules, one a file, each with its table and its tests.
pub mod nesting;
