//! The receiving end over HTTP: [`Push`] takes tokens, [`Poller`] fetches them, [`Transmitter`]
//! manages streams. They share an [`Inbox`], which verifies each token and hands it to a [`Sink`].
//!
//! The caller brings the [`reqwest::Client`], and with it timeouts, proxies and what TLS trusts. It
//! should not follow redirects: a transmitter names its addresses in its metadata, and an access token
//! goes along with each request. Where transmitters are not chosen by those who run the receiver, its
//! resolver has to refuse private addresses, too: only http is refused here.

mod client;
mod inbox;
mod keys;
mod management;
mod poll;
mod push;
mod seen;

/// The HTTP client that the types of this module take.
pub use reqwest;

pub use client::{AccessToken, ClientError};
pub use inbox::{Clock, Inbox, Rejection, Sink, system_clock};
pub use keys::{Keys, RemoteKeys};
pub use management::Transmitter;
pub use poll::{Polled, Poller};
pub use push::Push;
pub use seen::{RecentTokens, Seen};
