//! The Chancery server.
