//! What CAEP events have in common (CAEP 1.0 §2).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Malformed, Timestamp};

/// The optional members of every CAEP event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Common {
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_timestamp: Option<Timestamp>,
    /// What kind of party brought it about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiating_entity: Option<InitiatingEntity>,
    /// For logs and audits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_admin: Option<Localized>,
    /// For the eyes of the end user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_user: Option<Localized>,
}

impl Common {
    /// Their names.
    pub(crate) const MEMBERS: [&str; 4] = [
        "event_timestamp",
        "initiating_entity",
        "reason_admin",
        "reason_user",
    ];
}

/// What kind of party brought an event about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InitiatingEntity {
    /// An administrator's action.
    Admin,
    /// An end user's action.
    User,
    /// The evaluation of a policy.
    Policy,
    /// A system's or platform's assertion.
    System,
}

/// A message in at least one language, by BCP 47 tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct Localized(BTreeMap<String, String>);

impl Localized {
    /// A message in one language.
    pub fn new(tag: &str, message: impl Into<String>) -> Result<Self, Malformed> {
        Self::try_from(BTreeMap::from([(tag.to_owned(), message.into())]))
    }

    /// The message with this tag, compared without regard to case (RFC 5646 §2.1.1).
    pub fn get(&self, tag: &str) -> Option<&str> {
        self.iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(tag))
            .map(|(_, message)| message)
    }

    /// Tags and messages.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(tag, message)| (tag.as_str(), message.as_str()))
    }
}

impl TryFrom<BTreeMap<String, String>> for Localized {
    type Error = Malformed;

    fn try_from(messages: BTreeMap<String, String>) -> Result<Self, Malformed> {
        if messages.is_empty() {
            return Err(Malformed::new("a reason without any language"));
        }
        if let Some(tag) = messages.keys().find(|tag| !is_language_tag(tag)) {
            return Err(Malformed::new(format!("{tag:?} is not a language tag")));
        }
        Ok(Self(messages))
    }
}

/// Subtags of one to eight letters and digits, the first one letters (RFC 5646 §2.1, without its
/// registry).
fn is_language_tag(tag: &str) -> bool {
    let mut subtags = tag.split('-');
    let first = subtags.next().unwrap_or_default();
    let short = |subtag: &str| (1..=8).contains(&subtag.len());
    short(first)
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && subtags
            .all(|subtag| short(subtag) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
