//! HTTP below the protocols: who is asking, forms, cookies, the answers' headers, and the listener.

pub mod cookies;
pub mod forgery;
pub mod form;
mod network;
pub mod request_id;

pub use network::Network;
