//! Strict and tolerant: what others send that the specifications do not allow.
//!
//! Transmitters built on drafts are many. Tolerant reading accepts what can still be understood and
//! lists every deviation; strict reading refuses with the same list.

use std::fmt;

use crate::ReadError;

/// How to take what the specifications do not allow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Refuse it.
    #[default]
    Strict,
    /// Accept it where it can be understood, and list it.
    Tolerant,
}

/// Something that was read, with all that was not standard about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked<T> {
    /// What was read.
    pub value: T,
    /// What was not standard: nothing in strict mode.
    pub deviations: Deviations,
}

/// One thing that is not standard. Its text says what and by which specification.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Deviation {
    /// No `typ`, or the plain `JWT`.
    #[error("the header's `typ` is {}, not `secevent+jwt` (SSF 1.0 §4.1.1)", shown(.0.as_deref()))]
    Type(Option<String>),
    /// A claim that invites confusion with access and ID tokens.
    #[error(
        "the token has the claim `{0}`, which a security event token must not have (SSF 1.0 §4.1.3)"
    )]
    ForbiddenClaim(&'static str),
    /// The subject is in the payload of this event.
    #[error("the subject is in the event {0}, not in the claim `sub_id` (SSF 1.0 §3.1)")]
    SubjectInEvent(String),
    /// No subject anywhere.
    #[error("the token has no `sub_id` (SSF 1.0 §3.1)")]
    NoSubject,
    /// A complex subject that does not say so.
    #[error("the subject has members but no `format` (SSF 1.0 §3.3)")]
    NoFormat,
    /// A format by a name of an early draft.
    #[error("the subject has the draft's `subject_type` {0:?} for a `format` (RFC 9493 §3)")]
    SubjectType(String),
    /// A member of a subject that its format does not define. It is left out.
    #[error(
        "the subject has `{member}`, which the format `{format}` does not define (RFC 9493 §3)"
    )]
    SubjectMember {
        /// The subject's format.
        format: String,
        /// The member.
        member: String,
    },
    /// An event about a subject it cannot be about.
    #[error("the event {event} cannot be about a subject of the format `{format}`")]
    SubjectFormat {
        /// The event type.
        event: String,
        /// The subject's format.
        format: String,
    },
    /// More than one event.
    #[error("the token has {0} events, not one (SSF 1.0 §4.2.1)")]
    SeveralEvents(usize),
    /// An event whose payload is not what its type demands.
    #[error("{0}")]
    MalformedEvent(String),
    /// An optional member of an event that is not of its form. It is left out, for the rest to be
    /// understood.
    #[error("the event's `{member}` is malformed: {error} (CAEP 1.0 §2)")]
    MalformedMember {
        /// The member.
        member: &'static str,
        /// What is wrong with it.
        error: String,
    },
    /// An optional member that is `null` in place of absent.
    #[error("`{0}` is null; it is to be left out")]
    Null(String),
    /// A reason without a language, as an early draft had it.
    #[error("the event's `{0}` is a text, not texts by language tag (CAEP 1.0 §2)")]
    PlainReason(&'static str),
    /// A time that is not a whole number of seconds.
    #[error("`{0}` is not a whole number of seconds")]
    Fraction(&'static str),
    /// Metadata of another version of the framework.
    #[error("`spec_version` is {}, not `1_0` (SSF 1.0 §7.1)", shown(.0.as_deref()))]
    SpecVersion(Option<String>),
    /// Metadata with an array without elements.
    #[error("`{0}` is an empty array; it is to be left out (SSF 1.0 §7.2.3)")]
    EmptyArray(String),
    /// A URL without TLS, other than one on the machine that the transmitter itself is on. A
    /// receiver does not send requests there in any mode.
    #[error("`{0}` is not an https URL (SSF 1.0 §7.1)")]
    InsecureUrl(&'static str),
    /// An issuer that is the address of its own metadata.
    #[error(
        "`iss` is the address of the metadata, not the issuer it derives from (SSF 1.0 §7.2.1)"
    )]
    IssuerIsWellKnown,
    /// A member that the final framework has not.
    #[error("`{0}` is a member of a draft (SSF 1.0 §8.1.1)")]
    DraftMember(&'static str),
    /// A delivery method by the name of an early draft.
    #[error("the delivery method {0} is a draft's (SSF 1.0 §6.1)")]
    DraftDelivery(String),
    /// A member that must be there.
    #[error("`{0}` is missing (SSF 1.0 §8.1.1)")]
    Missing(&'static str),
    /// An event that is delivered without being both supported and requested.
    #[error(
        "`events_delivered` has {0}, which is not both supported and requested (SSF 1.0 §8.1.1)"
    )]
    Delivered(String),
    /// One stream where a list belongs.
    #[error("the list of streams is one object, not an array (SSF 1.0 §8.1.1.2)")]
    NotAList,
}

fn shown(value: Option<&str>) -> String {
    value.map_or("absent".to_owned(), |value| format!("`{value}`"))
}

/// Everything about a message that is not standard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deviations(Vec<Deviation>);

impl Deviations {
    pub(crate) fn note(&mut self, deviation: Deviation) {
        self.0.push(deviation);
    }

    pub(crate) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// The value, unless the mode is strict and there is anything to say of it.
    pub(crate) fn judge<T>(self, value: T, mode: Mode) -> Result<Checked<T>, ReadError> {
        if mode == Mode::Strict && !self.is_empty() {
            return Err(ReadError::NonStandard(self));
        }
        let deviations = self;
        Ok(Checked { value, deviations })
    }

    /// Whether all was standard.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The deviations in the order in which they were found.
    pub fn as_slice(&self) -> &[Deviation] {
        &self.0
    }
}

impl fmt::Display for Deviations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, deviation) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(f, "{separator}{deviation}")?;
        }
        Ok(())
    }
}
