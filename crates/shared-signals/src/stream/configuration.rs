//! A stream's configuration (SSF 1.0 §8.1.1).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use super::well_known::{is_well_known, safe_endpoint};
use crate::{Audience, Checked, Deviation, Deviations, Malformed, Mode, ReadError, json};

/// Push delivery (RFC 8935).
pub const PUSH: &str = "urn:ietf:rfc:8935";
/// Poll delivery (RFC 8936).
pub const POLL: &str = "urn:ietf:rfc:8936";
/// Push delivery by the name that early drafts gave it.
pub const LEGACY_PUSH: &str = "https://schemas.openid.net/secevent/risc/delivery-method/push";
/// Poll delivery by the name that early drafts gave it.
pub const LEGACY_POLL: &str = "https://schemas.openid.net/secevent/risc/delivery-method/poll";

/// A stream as both ends know it. The transmitter supplies what is not marked as the receiver's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamConfiguration {
    /// The stream's name at its transmitter.
    pub stream_id: String,
    /// The transmitter. It never changes.
    pub iss: String,
    /// Whom the stream's tokens are for.
    pub aud: Audience,
    /// The event types this receiver may ask for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events_supported: Vec<String>,
    /// The receiver's: the event types it asks for, known to the transmitter or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events_requested: Vec<String>,
    /// The event types the receiver will get.
    pub events_delivered: Vec<String>,
    /// The receiver's: how tokens get to it.
    pub delivery: Delivery,
    /// The least time between two requests for verification, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_verification_interval: Option<u64>,
    /// How long the receiver may be silent before the stream is paused or worse, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inactivity_timeout: Option<u64>,
    /// The receiver's: what the stream is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What is delivered: what is both supported and requested, in the order of the request, each once.
pub fn delivered(supported: &[String], requested: &[String]) -> Vec<String> {
    let mut delivered: Vec<String> = Vec::new();
    for event in requested {
        if supported.contains(event) && !delivered.contains(event) {
            delivered.push(event.clone());
        }
    }
    delivered
}

impl StreamConfiguration {
    /// Reads a transmitter's answer.
    pub fn read(document: &[u8], mode: Mode) -> Result<Checked<Self>, ReadError> {
        Self::from_value(json::parse(document)?)?.judge(mode)
    }

    /// Reads a transmitter's list of streams.
    pub fn read_list(document: &[u8], mode: Mode) -> Result<Checked<Vec<Self>>, ReadError> {
        let mut deviations = Deviations::default();
        let values = match serde_json::from_slice(document).map_err(Malformed::from)? {
            Value::Array(values) => values,
            value => {
                deviations.note(Deviation::NotAList);
                vec![value]
            }
        };
        let mut streams = Vec::with_capacity(values.len());
        for value in values {
            let stream = Self::from_value(value)?;
            deviations.extend(stream.deviations);
            streams.push(stream.value);
        }
        deviations.judge(streams, mode)
    }

    fn from_value(mut value: Value) -> Result<Checked<Self>, Malformed> {
        let mut deviations = Deviations::default();
        let Some(members) = value.as_object_mut() else {
            return Err(Malformed::new("a stream is not a JSON object"));
        };
        json::leave_out_nulls(members, &mut deviations);
        if members.contains_key("format") {
            deviations.note(Deviation::DraftMember("format"));
        }
        if !members.contains_key("events_delivered") {
            deviations.note(Deviation::Missing("events_delivered"));
            members.insert("events_delivered".into(), Value::Array(Vec::new()));
        }
        let stream: Self = serde_json::from_value(value).map_err(Malformed::from)?;
        if is_well_known(&stream.iss) {
            deviations.note(Deviation::IssuerIsWellKnown);
        }
        // A transmitter may tell elsewhere what it supports.
        let (supported, requested) = (&stream.events_supported, &stream.events_requested);
        let unwanted = |event: &&String| {
            !requested.contains(event) || !(supported.is_empty() || supported.contains(event))
        };
        if let Some(event) = stream.events_delivered.iter().find(unwanted) {
            deviations.note(Deviation::Delivered(event.clone()));
        }
        match &stream.delivery {
            Delivery::Poll { endpoint_url: None } => {
                deviations.note(Deviation::Missing("delivery.endpoint_url"));
            }
            Delivery::Poll {
                endpoint_url: Some(url),
            } if safe_endpoint(&stream.iss, url).is_none() => {
                deviations.note(Deviation::InsecureUrl("delivery.endpoint_url"));
            }
            Delivery::Other { method, .. } if method == LEGACY_PUSH || method == LEGACY_POLL => {
                deviations.note(Deviation::DraftDelivery(method.clone()));
            }
            _ => {}
        }
        let value = stream;
        Ok(Checked { value, deviations })
    }
}

impl<T> Checked<T> {
    fn judge(self, mode: Mode) -> Result<Self, ReadError> {
        self.deviations.judge(self.value, mode)
    }
}

/// How tokens get to the receiver (SSF 1.0 §6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The transmitter sends them (RFC 8935).
    Push {
        /// The receiver's: where to.
        endpoint_url: String,
        /// The receiver's: the header to send along.
        authorization_header: Option<AuthorizationHeader>,
    },
    /// The receiver fetches them (RFC 8936).
    Poll {
        /// The transmitter's: where from. Absent in requests.
        endpoint_url: Option<String>,
    },
    /// Another method, perhaps one of a draft.
    Other {
        /// The method's URI.
        method: String,
        /// The receiver's or the transmitter's, as the method has it.
        endpoint_url: Option<String>,
        /// The header to send along.
        authorization_header: Option<AuthorizationHeader>,
    },
}

impl Delivery {
    /// The method's URI.
    pub fn method(&self) -> &str {
        match self {
            Self::Push { .. } => PUSH,
            Self::Poll { .. } => POLL,
            Self::Other { method, .. } => method,
        }
    }
}

/// The whole value of the `Authorization` header of every push. A secret: it does not show in
/// debugging output.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AuthorizationHeader(String);

impl AuthorizationHeader {
    /// The value.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AuthorizationHeader {
    type Error = Malformed;

    /// A value that can stand in a header (RFC 9110 §5.5), here in visible ASCII and spaces.
    fn try_from(value: String) -> Result<Self, Malformed> {
        let visible = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
        if value.is_empty() || value.trim() != value || !value.bytes().all(visible) {
            return Err(Malformed::new(
                "`authorization_header` is not a header's value",
            ));
        }
        Ok(Self(value))
    }
}

impl From<AuthorizationHeader> for String {
    fn from(header: AuthorizationHeader) -> Self {
        header.0
    }
}

impl fmt::Debug for AuthorizationHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizationHeader(..)")
    }
}

#[derive(Serialize, Deserialize)]
struct Wire {
    method: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endpoint_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authorization_header: Option<AuthorizationHeader>,
}

impl Serialize for Delivery {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (endpoint_url, authorization_header) = match self.clone() {
            Self::Push {
                endpoint_url,
                authorization_header,
            } => (Some(endpoint_url), authorization_header),
            Self::Poll { endpoint_url } => (endpoint_url, None),
            Self::Other {
                endpoint_url,
                authorization_header,
                ..
            } => (endpoint_url, authorization_header),
        };
        let wire = Wire {
            method: self.method().to_owned(),
            endpoint_url,
            authorization_header,
        };
        wire.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Delivery {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Wire {
            method,
            endpoint_url,
            authorization_header,
        } = Wire::deserialize(deserializer)?;
        Ok(match method.as_str() {
            PUSH => Self::Push {
                endpoint_url: endpoint_url
                    .ok_or_else(|| de::Error::missing_field("endpoint_url"))?,
                authorization_header,
            },
            POLL => Self::Poll { endpoint_url },
            _ => Self::Other {
                method,
                endpoint_url,
                authorization_header,
            },
        })
    }
}
