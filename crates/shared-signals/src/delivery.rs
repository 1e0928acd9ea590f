//! What passes between the two ends: push (RFC 8935) and poll (RFC 8936).

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json::open_enum;

/// The media type of a pushed token (RFC 8417 §7.2).
pub const SECEVENT_JWT: &str = "application/secevent+jwt";

open_enum! {
    /// Why a recipient refused a token (RFC 8935 §2.4, SSF 1.0 §8.1.4.1).
    ErrorCode {
        InvalidRequest = "invalid_request",
        InvalidKey = "invalid_key",
        InvalidIssuer = "invalid_issuer",
        InvalidAudience = "invalid_audience",
        AuthenticationFailed = "authentication_failed",
        AccessDenied = "access_denied",
        InvalidState = "invalid_state",
    }
}

/// A refusal: the body of a 400 to a push, and the value in `setErrs` of a poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetError {
    /// The kind of refusal.
    pub err: ErrorCode,
    /// For those who run the transmitter.
    #[serde(default)]
    pub description: String,
}

impl SetError {
    /// A refusal.
    pub fn new(err: ErrorCode, description: impl Into<String>) -> Self {
        let description = description.into();
        Self { err, description }
    }
}

/// A request for tokens, an acknowledgement of earlier ones, or both (RFC 8936 §2.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PollRequest {
    /// The most tokens to answer with: 0 to acknowledge only, absent for as many as the transmitter
    /// likes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_events: Option<u64>,
    /// Whether to answer at once though there be no token. Otherwise the request is held.
    #[serde(default, skip_serializing_if = "is_false")]
    pub return_immediately: bool,
    /// The `jti` of tokens that were received and need not come again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ack: Vec<String>,
    /// The `jti` of tokens that were refused, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set_errs: BTreeMap<String, SetError>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature serde asks for"
)]
fn is_false(value: &bool) -> bool {
    !value
}

/// The answer to a [`PollRequest`] (RFC 8936 §2.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PollResponse {
    /// Tokens by their `jti`, in the order in which they are written.
    #[serde(with = "in_order")]
    pub sets: Vec<(String, String)>,
    /// Whether there is more to be had at once.
    #[serde(default, skip_serializing_if = "is_false")]
    pub more_available: bool,
}

/// An object whose order is kept, and whose names are unique.
mod in_order {
    use super::{Deserializer, MapAccess, Serializer, Visitor, de, fmt};

    pub(super) fn serialize<S: Serializer>(
        sets: &[(String, String)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(sets.iter().map(|(jti, token)| (jti, token)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(String, String)>, D::Error> {
        struct Sets;
        impl<'de> Visitor<'de> for Sets {
            type Value = Vec<(String, String)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of tokens by their `jti`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut names = std::collections::HashSet::new();
                let mut sets = Vec::new();
                while let Some((jti, token)) = map.next_entry::<String, String>()? {
                    if !names.insert(jti.clone()) {
                        return Err(de::Error::custom("a `jti` occurs twice"));
                    }
                    sets.push((jti, token));
                }
                Ok(sets)
            }
        }
        deserializer.deserialize_map(Sets)
    }
}
