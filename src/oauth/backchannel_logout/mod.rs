//! OpenID Connect Back-Channel Logout 1.0: clients are told that a session ended.
//!
//! [`consumer`] follows the log and queues one notice for each client that took part in the session;
//! [`channel`] posts a logout token for it.

pub mod channel;
pub mod consumer;

use domain::value::ClientId;
use serde::{Deserialize, Serialize};

/// The first part of the name of a client's queue.
const CHANNEL: &str = "logout";

/// The name of a client's queue.
fn target(client: &ClientId) -> String {
    format!("{CHANNEL}/{client}")
}

/// What a notice says (§2.4); the token around it is made when it is sent, since it is short-lived.
#[derive(Debug, Serialize, Deserialize)]
struct Notice {
    /// The person.
    sub: String,
    /// The session, as this client knows it.
    sid: String,
}
