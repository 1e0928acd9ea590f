//! Where the endpoints are, below [`ssf_api::PATH`]. Router and metadata read these.

use domain::value::{Issuer, StreamId};

use crate::ssf_api;

/// Transmitter metadata (SSF 1.0 §7.2.1): the issuer's path follows.
pub(super) const METADATA: &str = "/.well-known/ssf-configuration";
/// Configuration endpoint (SSF 1.0 §8.1.1).
pub(super) const STREAMS: &str = "/streams";
/// Status endpoint (SSF 1.0 §8.1.2).
pub(super) const STATUS: &str = "/status";
/// Where a receiver asks to hear of somebody (SSF 1.0 §8.1.3.2).
pub(super) const ADD_SUBJECT: &str = "/subjects/add";
/// Where a receiver asks to hear of somebody no more (SSF 1.0 §8.1.3.3).
pub(super) const REMOVE_SUBJECT: &str = "/subjects/remove";
/// Verification endpoint (SSF 1.0 §8.1.4.2).
pub(super) const VERIFY: &str = "/verify";

/// Where one stream is polled (RFC 8936 §2.1).
pub(super) const POLL: &str = "/streams/{stream}/poll";

/// The URL of an endpoint.
pub(super) fn url(issuer: &Issuer, path: &str) -> String {
    [issuer.as_str(), ssf_api::PATH, path].concat()
}

/// The URL at which a stream is polled.
pub(super) fn poll(issuer: &Issuer, stream: StreamId) -> String {
    url(issuer, &POLL.replace("{stream}", &stream.to_string()))
}
