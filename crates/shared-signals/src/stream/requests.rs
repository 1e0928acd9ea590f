//! What a receiver sends to manage its streams (SSF 1.0 §8.1). Members that only drafts have, such
//! as `format`, are ignored.

use serde::{Deserialize, Serialize};

use super::{Delivery, StreamConfiguration};
use crate::{Audience, Subject};

/// A request to make a stream (SSF 1.0 §8.1.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateStream {
    /// The event types asked for. Unknown ones are no error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_requested: Option<Vec<String>>,
    /// How to deliver; absent means poll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// What the stream is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A request to change a stream: by PATCH (SSF 1.0 §8.1.1.3), where what is absent stays as it is,
/// or by PUT (§8.1.1.4), where what is absent is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateStream {
    /// The stream.
    pub stream_id: String,
    /// The receiver's: the event types asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_requested: Option<Vec<String>>,
    /// The receiver's: how to deliver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// The receiver's: what the stream is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The transmitter's: to be as it is, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// The transmitter's: to be as it is, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audience>,
    /// The transmitter's: to be as it is, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_supported: Option<Vec<String>>,
    /// The transmitter's: to be as it is, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_delivered: Option<Vec<String>>,
    /// The transmitter's: to be as it is, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_verification_interval: Option<u64>,
    /// The transmitter's: to be as it is, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inactivity_timeout: Option<u64>,
}

/// All that is the receiver's of a stream, to be changed and sent as a PUT.
///
/// A transmitter may keep the push header to itself: without it in the request, it is deleted.
impl From<StreamConfiguration> for UpdateStream {
    fn from(stream: StreamConfiguration) -> Self {
        Self {
            stream_id: stream.stream_id,
            events_requested: Some(stream.events_requested),
            delivery: Some(stream.delivery),
            description: stream.description,
            ..Self::default()
        }
    }
}

/// Whether a stream flows (SSF 1.0 §8.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Events are sent.
    Enabled,
    /// Events are held and not sent.
    Paused,
    /// Events are neither sent nor held.
    Disabled,
}

/// A stream's status: the request to change it, and the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamStatus {
    /// The stream.
    pub stream_id: String,
    /// Its status.
    pub status: Status,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A request to send events about a subject (SSF 1.0 §8.1.3.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddSubject {
    /// The stream.
    pub stream_id: String,
    /// Whom to send events about.
    pub subject: Subject,
    /// Whether the receiver has made sure of the subject. Absent means yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
}

/// A request to send no more events about a subject (SSF 1.0 §8.1.3.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveSubject {
    /// The stream.
    pub stream_id: String,
    /// Whom to send no more events about.
    pub subject: Subject,
}

/// A request for a verification event (SSF 1.0 §8.1.4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationRequest {
    /// The stream.
    pub stream_id: String,
    /// To come back in the event, to the letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}
