//! The framework's own events, about a stream (SSF 1.0 §8.1.4, §8.1.5).
//!
//! Their subject is the stream: `opaque` with its id. A receiver gets them without asking.

use serde::{Deserialize, Serialize};

use super::{Specification, events};
use crate::stream::Status;
use crate::{Identifier, Subject};

events! {
    /// An event of the Shared Signals Framework itself.
    Ssf, Specification::Ssf, "https://schemas.openid.net/secevent/ssf/event-type/" {
        /// A sign of life, at the receiver's request or on the transmitter's own account.
        Verification(Verification) = "verification",
        /// The transmitter has changed the stream's status.
        StreamUpdated(StreamUpdated) = "stream-updated",
    }
}

impl Ssf {
    /// Whether the event can be about this subject: a stream is an `opaque` one.
    pub fn allows(&self, subject: &Subject) -> bool {
        matches!(subject, Subject::Simple(Identifier::Opaque { .. }))
    }
}

/// A sign of life (SSF 1.0 §8.1.4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// The state of the receiver's request, to the letter. Never there unless asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// The transmitter has changed the stream's status (SSF 1.0 §8.1.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamUpdated {
    /// The status now.
    pub status: Status,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
