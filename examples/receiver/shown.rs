//! What the page shows: of each token what people ask first, and its claims. The template is
//! `templates/demo/receiver.html` and escapes every value.

use askama::Template;
use jiff::Timestamp;
use shared_signals::event::{Common, InitiatingEntity, Localized, Risc, Ssf};
use shared_signals::{Event, EventType, Identifier, Subject};

use super::ledger::{Progress, Taken};

#[derive(Template)]
#[template(path = "demo/receiver.html")]
pub(crate) struct Page<'a> {
    issuer: &'a str,
    progress: &'a Progress,
    /// When the verification came back.
    verified: Option<String>,
    tokens: Vec<Shown>,
    /// Whether it loads itself again.
    live: bool,
}

impl<'a> Page<'a> {
    pub(crate) fn new(
        issuer: &'a str,
        progress: &'a Progress,
        tokens: &[Taken],
        live: bool,
    ) -> Self {
        Self {
            issuer,
            progress,
            verified: progress.verified.map(time),
            tokens: tokens.iter().map(Shown::of).collect(),
            live,
        }
    }
}

/// One token.
struct Shown {
    time: String,
    event: String,
    subject: String,
    /// Not of what is about the stream itself.
    who: Option<&'static str>,
    why: Option<String>,
    claims: String,
}

impl Shown {
    fn of(token: &Taken) -> Self {
        let claims = &token.claims;
        let event = &claims.event;
        Self {
            time: time(token.at),
            event: EventType::find(event.uri())
                .map_or(event.uri(), |known| known.name)
                .to_owned(),
            subject: subject(&claims.sub_id),
            who: who(event),
            why: why(event),
            claims: serde_json::to_string_pretty(claims).unwrap_or_default(),
        }
    }
}

/// Seconds since 1970, as people read them.
fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Simple(identifier) => name(identifier),
        Subject::Complex(complex) => {
            let members = complex.members();
            let members =
                members.map(|(member, identifier)| format!("{member} {}", name(identifier)));
            members.collect::<Vec<_>>().join(", ")
        }
    }
}

/// The telling part of an identifier; all of it where there is no such part.
fn name(identifier: &Identifier) -> String {
    match identifier {
        Identifier::IssSub { sub, .. } => sub.clone(),
        Identifier::Email { email, .. } => email.clone(),
        Identifier::PhoneNumber { phone_number, .. } => phone_number.clone(),
        Identifier::Opaque { id, .. } => id.clone(),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

fn common(event: &Event) -> Option<&Common> {
    match event {
        Event::Caep(event) => Some(event.common()),
        _ => None,
    }
}

fn who(event: &Event) -> Option<&'static str> {
    if let Event::Ssf(_) = event {
        return None;
    }
    Some(
        match common(event).and_then(|common| common.initiating_entity) {
            Some(InitiatingEntity::Admin) => "an administrator",
            Some(InitiatingEntity::User) => "the user",
            Some(InitiatingEntity::Policy) => "a policy",
            Some(InitiatingEntity::System) => "the system",
            None => "not said",
        },
    )
}

fn why(event: &Event) -> Option<String> {
    let reason = match event {
        Event::Ssf(Ssf::StreamUpdated(event)) => return event.reason.clone(),
        Event::Ssf(_) => return None,
        Event::Risc(Risc::AccountDisabled(event)) => {
            let reason = event.reason.as_ref();
            reason.map(|reason| reason.as_str().to_owned())
        }
        _ => common(event)
            .and_then(|common| common.reason_admin.as_ref().or(common.reason_user.as_ref()))
            .and_then(in_english),
    };
    Some(reason.unwrap_or_else(|| "not said".into()))
}

/// The text in English, or in whatever language there is.
fn in_english(text: &Localized) -> Option<String> {
    let first = || text.iter().next().map(|(_, text)| text);
    text.get("en").or_else(first).map(str::to_owned)
}
