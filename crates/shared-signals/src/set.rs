//! Security event tokens as SSF 1.0 has them: RFC 8417 with `sub_id` at the top, without `sub` and
//! `exp`, typed `secevent+jwt`, with one event (SSF 1.0 §3.1, §4).

use jose::{SignError, SigningKey, Typ};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Number;

use crate::{Event, Malformed, Subject};

/// The claims of a security event token, ready to be signed.
///
/// That an event can be about its subject is [`Event::allows`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecurityEventToken {
    /// The transmitter, which is the stream's `iss`.
    pub iss: String,
    /// When the token was made, in seconds since 1970. Not in the future.
    pub iat: i64,
    /// The token's name, unique for the issuer. A token that is sent again keeps it.
    pub jti: String,
    /// The stream's audience.
    pub aud: Audience,
    /// The same for all tokens that one cause gave rise to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txn: Option<String>,
    /// When it happened (RFC 8417 §2.2). CAEP has `event_timestamp` in the event instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toe: Option<Timestamp>,
    /// Whom or what the event is about.
    pub sub_id: Subject,
    /// What happened.
    #[serde(rename = "events", serialize_with = "by_uri")]
    pub event: Event,
}

impl SecurityEventToken {
    /// The token as a compact JWS.
    pub fn sign(&self, key: &SigningKey) -> Result<String, SignError> {
        key.sign(Typ::SECEVENT_JWT, self)
    }
}

fn by_uri<S: Serializer>(event: &Event, serializer: S) -> Result<S::Ok, S::Error> {
    let mut events = serializer.serialize_map(Some(1))?;
    events.serialize_entry(event.uri(), event)?;
    events.end()
}

/// For whom a token or a stream is: at least one name. One is written as a string, as is usual.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "OneOrMany", into = "OneOrMany")]
pub struct Audience(Vec<String>);

impl Audience {
    /// An audience of one.
    pub fn one(name: impl Into<String>) -> Self {
        Self(vec![name.into()])
    }

    /// An audience of these names, if there are any.
    pub fn new(names: Vec<String>) -> Option<Self> {
        (!names.is_empty()).then_some(Self(names))
    }

    /// Whether this name is among them, compared byte by byte.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|other| other == name)
    }

    /// The names.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "a string or an array of strings")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl TryFrom<OneOrMany> for Audience {
    type Error = Malformed;

    fn try_from(names: OneOrMany) -> Result<Self, Malformed> {
        match names {
            OneOrMany::One(name) => Ok(Self::one(name)),
            OneOrMany::Many(names) => Self::new(names).ok_or(Malformed::new("an empty audience")),
        }
    }
}

impl From<Audience> for OneOrMany {
    fn from(Audience(mut names): Audience) -> Self {
        match names.pop() {
            Some(name) if names.is_empty() => Self::One(name),
            last => {
                names.extend(last);
                Self::Many(names)
            }
        }
    }
}

/// A point in time: seconds since 1970, perhaps with a fraction (RFC 7519 §2, "NumericDate").
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(Number);

impl Timestamp {
    /// Whole seconds, rounded down.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a time outside of what i64 can say becomes the nearest it can"
    )]
    pub fn seconds(&self) -> i64 {
        self.0
            .as_i64()
            .unwrap_or_else(|| self.0.as_f64().unwrap_or_default().floor() as i64)
    }
}

impl From<i64> for Timestamp {
    fn from(seconds: i64) -> Self {
        Self(seconds.into())
    }
}

impl From<Number> for Timestamp {
    fn from(seconds: Number) -> Self {
        Self(seconds)
    }
}
