//! The Chancery server.

pub mod pages;
