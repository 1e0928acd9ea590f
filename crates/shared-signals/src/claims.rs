//! The claims of a token that was received, checked against the SSF profile of RFC 8417.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

use crate::event::{Caep, Common};
use crate::subject::legacy;
use crate::{
    Audience, Deviation, Deviations, Event, Malformed, Mode, ReadError, Subject, Timestamp, json,
};

/// What a token says. That it comes from its issuer is a [`Verifier`](crate::Verifier)'s to find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The transmitter.
    pub iss: String,
    /// When the token was made, in seconds since 1970.
    pub iat: i64,
    /// The token's name. The same one may come more than once.
    pub jti: String,
    /// Whom the token is for.
    pub aud: Audience,
    /// The cause, which other tokens may share.
    pub txn: Option<String>,
    /// When it happened.
    pub toe: Option<Timestamp>,
    /// Whom or what it is about. Always there in strict mode.
    pub subject: Option<Subject>,
    /// What happened.
    pub event: Event,
    /// Further events. None in strict mode.
    pub more_events: Vec<Event>,
    /// What was not standard. Nothing in strict mode.
    pub deviations: Deviations,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    iat: Number,
    jti: String,
    aud: Audience,
    txn: Option<String>,
    toe: Option<Timestamp>,
    sub_id: Option<Value>,
    events: Map<String, Value>,
    #[serde(default, deserialize_with = "present")]
    sub: bool,
    #[serde(default, deserialize_with = "present")]
    exp: bool,
}

fn present<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(value).map(|_| true)
}

impl Received {
    /// Reads the claims. Those that are not known are ignored.
    pub fn from_claims(claims: &[u8], mode: Mode) -> Result<Self, ReadError> {
        Self::read(claims)?.judge(mode)
    }

    /// Reads the claims in tolerant mode.
    pub(crate) fn read(claims: &[u8]) -> Result<Self, Malformed> {
        let claims: Claims = json::parse(claims)?;
        let mut deviations = Deviations::default();
        for (claim, present) in [("sub", claims.sub), ("exp", claims.exp)] {
            if present {
                deviations.note(Deviation::ForbiddenClaim(claim));
            }
        }
        if claims.iss.is_empty() || claims.jti.is_empty() {
            return Err(Malformed::new("`iss` or `jti` is empty"));
        }
        if !claims.iat.is_i64() {
            deviations.note(Deviation::Fraction("iat"));
        }
        if claims.events.len() > 1 {
            deviations.note(Deviation::SeveralEvents(claims.events.len()));
        }
        let subject = subject(claims.sub_id, &claims.events, &mut deviations)?;

        let mut events = Vec::with_capacity(claims.events.len());
        for (uri, payload) in claims.events {
            let Value::Object(payload) = payload else {
                return Err(Malformed::new("the payload of an event is not an object"));
            };
            let event = event(&uri, payload, &mut deviations);
            if let Some(subject) = &subject
                && !event.allows(subject)
            {
                deviations.note(Deviation::SubjectFormat {
                    event: uri,
                    format: subject.format().to_owned(),
                });
            }
            events.push(event);
        }
        let mut events = events.into_iter();
        let event = events.next();
        Ok(Self {
            iss: claims.iss,
            iat: Timestamp::from(claims.iat).seconds(),
            jti: claims.jti,
            aud: claims.aud,
            txn: claims.txn,
            toe: claims.toe,
            subject,
            event: event.ok_or_else(|| Malformed::new("`events` is empty"))?,
            more_events: events.collect(),
            deviations,
        })
    }

    /// The token, unless the mode is strict and there is anything to say of it.
    pub(crate) fn judge(self, mode: Mode) -> Result<Self, ReadError> {
        match mode {
            Mode::Strict if !self.deviations.is_empty() => {
                Err(ReadError::NonStandard(self.deviations))
            }
            Mode::Strict | Mode::Tolerant => Ok(self),
        }
    }
}

/// `sub_id`, or else what an event has for a subject.
fn subject(
    sub_id: Option<Value>,
    events: &Map<String, Value>,
    deviations: &mut Deviations,
) -> Result<Option<Subject>, Malformed> {
    if let Some(sub_id) = sub_id {
        return legacy::read(sub_id, deviations).map(Some);
    }
    let mut within = events
        .iter()
        .filter_map(|(uri, payload)| Some((uri, payload.get("subject")?)));
    let Some((uri, subject)) = within.next() else {
        deviations.note(Deviation::NoSubject);
        return Ok(None);
    };
    if within.any(|(_, other)| other != subject) {
        return Err(Malformed::new("the events have different subjects"));
    }
    deviations.note(Deviation::SubjectInEvent(uri.clone()));
    legacy::read(subject.clone(), deviations).map(Some)
}

/// The event; or, where it is not what its type demands, its payload as it came.
fn event(uri: &str, mut payload: Map<String, Value>, deviations: &mut Deviations) -> Event {
    if Caep::TYPES.iter().any(|known| known.uri == uri) {
        for reason in ["reason_admin", "reason_user"] {
            if let Some(value) = payload.get_mut(reason)
                && value.is_string()
            {
                deviations.note(Deviation::PlainReason(reason));
                *value = Map::from_iter([("und".to_owned(), value.take())]).into();
            }
        }
        leave_out_malformed(&mut payload, deviations);
    }
    match Event::parse(uri, payload.clone()) {
        Ok(event) => {
            for (member, _) in payload.iter().filter(|(_, value)| value.is_null()) {
                if is_known(uri, &payload, member) {
                    deviations.note(Deviation::Null(member.clone()));
                }
            }
            event
        }
        Err(error) => {
            deviations.note(Deviation::MalformedEvent(error.to_string()));
            let uri = uri.to_owned();
            Event::Other { uri, payload }
        }
    }
}

/// Leaves out what is malformed among the members that every event may have: a reason that cannot be
/// read must not keep a session alive.
fn leave_out_malformed(payload: &mut Map<String, Value>, deviations: &mut Deviations) {
    for member in Common::MEMBERS {
        let Some(value) = payload.get(member) else {
            continue;
        };
        let alone = Map::from_iter([(member.to_owned(), value.clone())]);
        if let Err(error) = Common::deserialize(Value::Object(alone)) {
            let error = error.to_string();
            deviations.note(Deviation::MalformedMember { member, error });
            payload.remove(member);
        }
    }
}

/// Whether the event type has this member: one that it has is not of this form.
fn is_known(uri: &str, payload: &Map<String, Value>, member: &str) -> bool {
    let mut payload = payload.clone();
    payload.insert(
        member.to_owned(),
        Value::Array(vec![Value::Array(Vec::new())]),
    );
    Event::parse(uri, payload).is_err()
}
