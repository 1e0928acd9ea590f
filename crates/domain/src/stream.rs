//! Shared Signals streams: what one receiver hears, and how it is sent (SSF 1.0 §8).
//!
//! A stream belongs to the client that made it, or for which an operator did. The receiver sets the
//! events it wants, the delivery and a description; all else is the operator's.

use alloc::{string::String, string::ToString, vec, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::event::{Change, Event};
use crate::refusal::Refusal;
use crate::value::{ClientId, EndpointUrl, Name, SigningAlg, StreamId, UserId};

/// How the certificate of a push endpoint is verified.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// Against the public certificate authorities.
    #[default]
    Public,
    /// Against this authority alone: a certificate in PEM.
    PrivateCa(String),
    /// Not at all. For trials.
    Unverified,
}

/// How events reach the receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum Delivery {
    /// We post each (RFC 8935). The `Authorization` header that goes with it is kept sealed, elsewhere.
    Push {
        /// Where to.
        endpoint_url: EndpointUrl,
        /// How the endpoint proves who it is.
        #[serde(default)]
        tls: Tls,
    },
    /// The receiver fetches them (RFC 8936).
    Poll,
}

impl Delivery {
    /// Who is sent something; nobody where it is fetched.
    pub fn origin(&self) -> Option<String> {
        match self {
            Self::Push { endpoint_url, .. } => Some(endpoint_url.origin()),
            Self::Poll => None,
        }
    }
}

/// How a person is named in a stream's events (RFC 9493).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SubjectFormat {
    /// Issuer and `sub`, as in ID tokens.
    #[default]
    IssSub,
    /// By e-mail address, if it is verified; otherwise as `iss_sub`.
    Email,
    /// The user by `iss_sub` and, where there is one, the session by the `sid` of the client's ID tokens.
    Complex,
}

/// Whom a stream hears of before any subject was added or removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DefaultSubjects {
    /// Everybody who may use the client.
    #[default]
    All,
    /// Nobody.
    None,
}

/// Whether a stream's events are sent (SSF 1.0 §8.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StreamStatus {
    /// They are sent.
    Enabled,
    /// They are held, in order.
    Paused,
    /// They are dropped.
    Disabled,
}

impl StreamStatus {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
        }
    }
}

/// Who sets a stream's status. A receiver is not told of what it did itself (SSF 1.0 §8.1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusSetter {
    /// The receiver.
    Receiver,
    /// An operator.
    Operator,
    /// We: nobody listened for too long, or too much waits.
    Transmitter,
}

/// Everything that can be set about a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StreamSettings {
    /// What operators call it, unique where present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// What the receiver says that it is for; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The `aud` of its events; empty: the client's id.
    #[serde(default)]
    pub audience: Vec<String>,
    /// URIs of the events that the receiver wants; unknown ones are kept and never sent.
    #[serde(default)]
    pub events_requested: Vec<String>,
    /// How events reach the receiver.
    pub delivery: Delivery,
    /// How people are named.
    #[serde(default)]
    pub format: SubjectFormat,
    /// Whom it hears of.
    #[serde(default)]
    pub default_subjects: DefaultSubjects,
    /// How events are signed: RS256 or ES256.
    #[serde(default = "rs256")]
    pub signing_alg: SigningAlg,
    /// Whether a session that merely came to its end is told of, too.
    #[serde(default)]
    pub session_expiry: bool,
    /// Seconds that must lie between two requests for verification.
    #[serde(default = "one_minute")]
    pub min_verification_interval: u32,
    /// Seconds without a poll or a management request after which the stream is paused; 0: never.
    #[serde(default)]
    pub inactivity_timeout: u32,
    /// How many events may wait before the stream is disabled.
    #[serde(default = "hundred_thousand")]
    pub most_pending: u32,
    /// How many seconds the oldest may wait before the stream is disabled.
    #[serde(default = "two_weeks")]
    pub oldest_pending: u32,
}

fn rs256() -> SigningAlg {
    SigningAlg::Rs256
}

fn one_minute() -> u32 {
    60
}

fn hundred_thousand() -> u32 {
    100_000
}

fn two_weeks() -> u32 {
    14 * 86_400
}

impl StreamSettings {
    /// A stream with this delivery, and the rest as it is when nobody says otherwise.
    pub fn new(delivery: Delivery) -> Self {
        Self {
            name: None,
            description: String::new(),
            audience: Vec::new(),
            events_requested: Vec::new(),
            delivery,
            format: SubjectFormat::default(),
            default_subjects: DefaultSubjects::default(),
            signing_alg: rs256(),
            session_expiry: false,
            min_verification_interval: one_minute(),
            inactivity_timeout: 0,
            most_pending: hundred_thousand(),
            oldest_pending: two_weeks(),
        }
    }
}

/// A stream, as the log says it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Stream {
    /// The stream.
    pub id: StreamId,
    /// The receiver.
    pub client: ClientId,
    /// Its settings.
    pub settings: StreamSettings,
    /// Whether an `Authorization` header goes with each push.
    pub has_authorization: bool,
    /// Whether events are sent.
    pub status: StreamStatus,
    /// Why not, in the words of who set it.
    pub reason: Option<String>,
    /// Whether an operator stopped it: then only an operator starts it again.
    pub stopped_by_operator: bool,
}

/// What an edit does with the `Authorization` header of a push endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorization {
    /// It stays.
    Keep,
    /// There is a new one.
    Set,
    /// There is none any more.
    Remove,
}

/// The most bytes of a description; a receiver's is cut (SSF 1.0 §8.1.1).
pub const LONGEST_DESCRIPTION: usize = 500;

/// The most bytes of the reason for a status.
const LONGEST_REASON: usize = 500;

/// The most event URIs of a request.
pub const MOST_EVENTS: usize = 100;

/// Makes a stream. `held` counts the client's others, `most` is how many it may have.
pub fn create(
    stream: StreamId,
    client: ClientId,
    settings: StreamSettings,
    authorization: bool,
    held: usize,
    most: usize,
) -> Result<Vec<Change>, Refusal> {
    if held >= most {
        return Err(Refusal::TooMany("streams of this client"));
    }
    check(&settings)?;
    let is_push = matches!(settings.delivery, Delivery::Push { .. });
    let mut changes: Vec<Change> = vec![
        Event::StreamCreated {
            stream,
            client,
            settings,
        }
        .into(),
    ];
    if authorization {
        if !is_push {
            return invalid("only a push endpoint is sent an authorization_header");
        }
        changes.push(Event::StreamAuthorizationSet { stream }.into());
    }
    Ok(changes)
}

/// Sets a stream's settings. A header that one origin was trusted with is never sent to another:
/// whoever moves the endpoint must know it.
pub fn update(
    stream: &Stream,
    settings: StreamSettings,
    authorization: Authorization,
) -> Result<Vec<Change>, Refusal> {
    check(&settings)?;
    let to = settings.delivery.origin();
    let id = stream.id;
    let header: Option<Event> = match authorization {
        Authorization::Set if to.is_none() => {
            return invalid("only a push endpoint is sent an authorization_header");
        }
        Authorization::Set => Some(Event::StreamAuthorizationSet { stream: id }),
        Authorization::Remove => stream
            .has_authorization
            .then_some(Event::StreamAuthorizationRemoved { stream: id }),
        Authorization::Keep if !stream.has_authorization => None,
        Authorization::Keep if to == stream.settings.delivery.origin() => None,
        Authorization::Keep if to.is_none() => {
            Some(Event::StreamAuthorizationRemoved { stream: id })
        }
        Authorization::Keep => {
            return invalid(
                "the endpoint_url moves to another origin: give the authorization_header anew",
            );
        }
    };
    let updated = (stream.settings != settings).then_some(Event::StreamUpdated {
        stream: id,
        settings,
    });
    Ok(updated
        .into_iter()
        .chain(header)
        .map(Change::from)
        .collect())
}

/// Sets a stream's status; says nothing where it is so already, with the same reason. What an
/// operator stopped is not the receiver's to change.
pub fn set_status(
    stream: &Stream,
    status: StreamStatus,
    reason: Option<String>,
    by: StatusSetter,
) -> Result<Vec<Change>, Refusal> {
    let stopped = stops(status, by).unwrap_or(stream.stopped_by_operator);
    if stream.status == status && stream.reason == reason && stream.stopped_by_operator == stopped {
        return Ok(Vec::new());
    }
    if reason
        .as_ref()
        .is_some_and(|text| text.len() > LONGEST_REASON || text.contains(char::is_control))
    {
        return invalid("reason: one line of at most 500 bytes");
    }
    if stream.stopped_by_operator && by == StatusSetter::Receiver {
        return Err(Refusal::Stopped("stream"));
    }
    Ok(vec![
        Event::StreamStatusChanged {
            stream: stream.id,
            status,
            reason,
            by,
        }
        .into(),
    ])
}

/// Whether an operator has the stream stopped once this was set; `None` where that stays as it was.
pub fn stops(status: StreamStatus, by: StatusSetter) -> Option<bool> {
    (by == StatusSetter::Operator).then_some(status != StreamStatus::Enabled)
}

/// A stream hears of a user from now on, or no more. `now` is what was said last, if anything was.
pub fn set_subject(
    stream: StreamId,
    user: UserId,
    included: bool,
    now: Option<bool>,
) -> Vec<Change> {
    match (now == Some(included), included) {
        (true, _) => Vec::new(),
        (false, true) => vec![Event::StreamSubjectAdded { stream, user }.into()],
        (false, false) => vec![Event::StreamSubjectRemoved { stream, user }.into()],
    }
}

/// Deletes a stream, with what waits in it.
pub fn delete(stream: &Stream) -> Vec<Change> {
    vec![Event::StreamDeleted { stream: stream.id }.into()]
}

fn check(settings: &StreamSettings) -> Result<(), Refusal> {
    if !matches!(settings.signing_alg, SigningAlg::Rs256 | SigningAlg::Es256) {
        return invalid("security event tokens are signed by RS256 or ES256");
    }
    if settings.events_requested.len() > MOST_EVENTS {
        return invalid("at most 100 events can be requested");
    }
    let mut texts = settings.events_requested.iter().chain(&settings.audience);
    if texts.any(|text| text.is_empty() || text.len() > 500) {
        return invalid("event URIs and audiences have 1 to 500 bytes");
    }
    if settings.audience.len() > 10 {
        return invalid("a stream has at most ten audiences");
    }
    if settings.most_pending == 0 || settings.oldest_pending < 60 {
        return invalid("at least one event must be able to wait, for at least a minute");
    }
    if settings.description.len() > LONGEST_DESCRIPTION {
        return invalid("a description has at most 500 bytes");
    }
    if (1..60).contains(&settings.inactivity_timeout) {
        return invalid("an inactivity timeout has at least 60 seconds");
    }
    Ok(())
}

fn invalid<T>(reason: &str) -> Result<T, Refusal> {
    Err(Refusal::Invalid(reason.to_string()))
}
