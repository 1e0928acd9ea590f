//! The receiving end over HTTP: [`Push`] takes tokens, [`Poller`] fetches them, [`Transmitter`]
//! manages streams. They share an [`Inbox`], which verifies each token and hands it to a [`Sink`].
//!
//! The caller brings the `reqwest::Client`, and with it timeouts, proxies and what TLS trusts. It
//! should not follow redirects: an access token goes along with each request.

mod client;
mod inbox;
mod keys;
mod management;
mod poll;
mod push;
mod seen;

pub use client::{AccessToken, ClientError};
pub use inbox::{Clock, Inbox, Rejection, Sink, system_clock};
pub use keys::{Keys, RemoteKeys};
pub use management::Transmitter;
pub use poll::{Polled, Poller};
pub use push::Push;
pub use seen::{RecentTokens, Seen};
