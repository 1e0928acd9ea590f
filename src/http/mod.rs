//! HTTP below the protocols: who is asking, forms, cookies, the answers' headers, and the listener.

mod network;

pub use network::Network;
