//! HTTP below the protocols: who is asking, forms, cookies, the answers' headers, and the listener.

pub mod client_ip;
pub mod cookies;
pub mod edge;
pub mod forgery;
pub mod form;
pub mod health;
pub mod listener;
mod network;
pub mod request_id;

pub use network::Network;
