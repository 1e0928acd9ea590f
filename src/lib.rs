//! The Chancery server.

pub mod admin_api;
mod aead;
pub mod app;
pub mod clock;
pub mod command;
pub mod config;
pub mod demo;
pub mod error;
pub mod execute;
pub mod http;
pub mod keys;
pub mod migrations;
pub mod oauth;
pub mod pages;
pub mod passwords;
pub mod read;
pub mod realm;
pub mod rng;
pub mod seal;
pub mod secrets;
pub mod snapshot;
pub mod throttle;
pub mod timer;
pub mod token_cipher;
pub mod verify;
