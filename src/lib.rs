//! The Chancery server.

pub mod admin_api;
mod aead;
pub mod clock;
pub mod demo;
pub mod keys;
pub mod pages;
pub mod read;
pub mod rng;
pub mod seal;
pub mod secrets;
pub mod token_cipher;
