//! The Chancery server.

mod aead;
pub mod demo;
pub mod keys;
pub mod pages;
pub mod rng;
pub mod seal;
pub mod token_cipher;
