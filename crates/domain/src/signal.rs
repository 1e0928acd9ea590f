//! Signals from outside: what a device manager, a scanner or an operator knows about a person.

use alloc::{string::String, vec, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::event::{Change, Event};
use crate::personal::Personal;
use crate::value::{SignalId, UserId};

/// What was reported, beside the event: it is about a person, who may ask us to forget it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// What it is about besides the person, such as a device: members of a complex subject (SSF 1.0 §3.2).
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub subject: serde_json::Map<String, serde_json::Value>,
    /// The members of the event, as its specification names them.
    pub event: serde_json::Map<String, serde_json::Value>,
}

/// Notes a signal.
pub fn report(signal: SignalId, user: UserId, uri: String, reported: Reported) -> Vec<Change> {
    vec![Event::SignalReported { signal, user, uri }.with(
        user,
        Personal {
            signal: Some(reported),
            ..Personal::default()
        },
    )]
}
