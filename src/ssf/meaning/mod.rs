//! What an event of the log means to receivers: pure, and in one place for each noun.
//!
//! What a receiver is told is about one person, whom each stream names in its own way; which values a
//! client's claims have now must be read, so that a change of claims only says whose and which.

pub(super) mod reason;
mod session;
mod user;

use domain::cause::{Cause, CauseKind};
use domain::event::Event;
use domain::grant::RevokeReason;
use domain::personal::Personal;
use domain::stream::{StatusSetter, StreamStatus};
use domain::value::{GroupId, SessionId, StreamId, Timestamp, UserId};
use serde_json::{Map, Value};
use shared_signals::event::caep::{Principal, RiskLevel, RiskLevelChange};
use shared_signals::event::{Common, InitiatingEntity};

/// An event of the log, with all that its meaning can depend on.
#[derive(Debug, Clone, Copy)]
pub struct Happened<'a> {
    /// What happened.
    pub event: &'a Event,
    /// The personal values beside it, unless the person was erased.
    pub personal: Option<&'a Personal>,
    /// Who or what brought it about.
    pub cause: &'a Cause,
    /// When.
    pub time: Timestamp,
}

/// What receivers are told.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    /// Something about a person.
    Told(Box<Told>),
    /// Claims about some people may have other values.
    Claims {
        /// Whose.
        whom: Whom,
        /// Which, as claims are named.
        names: Vec<&'static str>,
    },
    /// Something about one stream, for its receiver alone.
    StreamUpdated {
        /// The stream.
        stream: StreamId,
        /// Its status now.
        status: StreamStatus,
        /// Why.
        reason: Option<String>,
    },
}

/// Something about a person, for each stream that hears of them and asked for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The person.
    pub user: UserId,
    /// What the event is about.
    pub about: About,
    /// What happened.
    pub event: shared_signals::Event,
    /// Whether only streams that ask for expiry want it.
    pub expiry: bool,
}

/// How the subject of an event is named.
#[derive(Debug, Clone, PartialEq)]
pub enum About {
    /// As each stream names people.
    Person,
    /// The same, with the session where a stream names sessions.
    Session(SessionId),
    /// The same, with more members where a stream names people by a complex subject.
    With(Map<String, Value>),
    /// By the e-mail address that the person had.
    FormerEmail(String),
    /// By the phone number that the person had.
    FormerPhone(String),
}

/// Whose claims may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whom {
    /// One person's.
    User(UserId),
    /// Those of all members of a group, nesting followed.
    MembersOf(GroupId),
    /// Those of all who ever were direct members of a group that is gone.
    FormerMembersOf(GroupId),
}

/// What an event means; nothing, for most.
pub fn of(happened: Happened<'_>) -> Vec<Meaning> {
    match happened.event {
        Event::SessionStarted { .. } | Event::SessionEnded { .. } => {
            session::meaning(happened).into_iter().collect()
        }
        Event::UserUpdated { .. }
        | Event::UserDisabled { .. }
        | Event::UserEnabled { .. }
        | Event::UserPasswordSet { .. }
        | Event::UserPasswordChangeRequired { .. }
        | Event::UserPasswordRemoved { .. }
        | Event::UserDeleted { .. }
        | Event::UserErased { .. } => user::meaning(happened),
        Event::GroupMemberAdded { user, .. } | Event::GroupMemberRemoved { user, .. } => {
            groups_of(Whom::User(*user))
        }
        Event::GroupNested { child, .. } | Event::GroupUnnested { child, .. } => {
            groups_of(Whom::MembersOf(*child))
        }
        Event::GroupRenamed { group, .. } => groups_of(Whom::MembersOf(*group)),
        Event::GroupDeleted { group } => groups_of(Whom::FormerMembersOf(*group)),
        Event::GrantRevoked { user, reason, .. } => reused(happened, *user, *reason),
        Event::SignalReported { user, uri, .. } => reported(happened, *user, uri),
        Event::StreamStatusChanged {
            stream,
            status,
            reason,
            by: StatusSetter::Operator | StatusSetter::Transmitter,
        } => vec![Meaning::StreamUpdated {
            stream: *stream,
            status: *status,
            reason: reason.clone(),
        }],
        _ => Vec::new(),
    }
}

fn groups_of(whom: Whom) -> Vec<Meaning> {
    let names = vec!["groups"];
    vec![Meaning::Claims { whom, names }]
}

/// Whoever uses a token or a code a second time may have stolen it.
fn reused(happened: Happened<'_>, user: UserId, reason: RevokeReason) -> Vec<Meaning> {
    let what = match reason {
        RevokeReason::RefreshTokenReused => "A refresh token was used a second time",
        RevokeReason::CodeReplayed => "An authorization code was used a second time",
        _ => return Vec::new(),
    };
    let event = RiskLevelChange {
        principal: Principal::User,
        current_level: RiskLevel::High,
        previous_level: None,
        risk_reason: Some(what.to_owned()),
        common: common(happened, InitiatingEntity::Policy, what),
    };
    vec![told(user, About::Person, event)]
}

fn reported(happened: Happened<'_>, user: UserId, uri: &str) -> Vec<Meaning> {
    let Some(report) = happened
        .personal
        .and_then(|personal| personal.signal.as_ref())
    else {
        return Vec::new();
    };
    // It was read once before it was noted.
    let Ok(event) = shared_signals::Event::parse(uri, report.event.clone()) else {
        return Vec::new();
    };
    let about = if report.subject.is_empty() {
        About::Person
    } else {
        About::With(report.subject.clone())
    };
    vec![told(user, about, event)]
}

fn told(user: UserId, about: About, event: impl Into<shared_signals::Event>) -> Meaning {
    Meaning::Told(Box::new(Told {
        user,
        about,
        event: event.into(),
        expiry: false,
    }))
}

/// What CAEP events have in common: when, by whom, and why in words for those who run the receiver.
fn common(happened: Happened<'_>, by: InitiatingEntity, reason: &str) -> Common {
    Common {
        event_timestamp: Some(happened.time.seconds().into()),
        initiating_entity: Some(by),
        reason_admin: reason::english(reason),
        reason_user: None,
    }
}

/// What kind of party brought an event about, as CAEP 1.0 §2 names them.
pub(super) fn initiator(cause: &Cause) -> InitiatingEntity {
    match cause.kind {
        CauseKind::Admin => InitiatingEntity::Admin,
        CauseKind::Person | CauseKind::Registration => InitiatingEntity::User,
        CauseKind::Policy => InitiatingEntity::Policy,
        CauseKind::Client | CauseKind::Source | CauseKind::Time => InitiatingEntity::System,
    }
}

#[cfg(test)]
mod tests;
