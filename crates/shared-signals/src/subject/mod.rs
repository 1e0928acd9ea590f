//! Who or what an event is about (SSF 1.0 §3, RFC 9493).
//!
//! A subject is one identifier or a complex of named ones. Its form is closed: a member that its
//! format does not define makes an identifier invalid (RFC 9493 §3).

mod check;
mod complex;
mod identifier;
pub(crate) mod legacy;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

pub use complex::Complex;
pub use identifier::Identifier;

/// The subject of an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One identifier of one principal.
    Simple(Identifier),
    /// One principal described by several members that all hold.
    Complex(Complex),
}

/// Why a subject is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSubject {
    /// A required value that is empty.
    #[error("`{0}` is empty")]
    Empty(&'static str),
    /// A value that is not of the form its format demands.
    #[error("`{0}` is not {1}")]
    Form(&'static str, &'static str),
    /// An `aliases` identifier within another.
    #[error("`aliases` may not hold another `aliases`")]
    NestedAliases,
    /// A complex subject without members.
    #[error("a complex subject needs at least one member")]
    NoMember,
    /// A complex subject's member with a name it cannot have.
    #[error("`{0}` cannot be the name of a member")]
    MemberName(String),
}

impl Subject {
    /// An e-mail address (RFC 9493 §3.2.2).
    pub fn email(email: impl Into<String>) -> Result<Self, InvalidSubject> {
        Identifier::email(email).map(Self::Simple)
    }

    /// An account as its issuer names it (RFC 9493 §3.2.3).
    pub fn iss_sub(iss: impl Into<String>, sub: impl Into<String>) -> Result<Self, InvalidSubject> {
        Identifier::iss_sub(iss, sub).map(Self::Simple)
    }

    /// A name without meaning of its own, such as a stream's id (RFC 9493 §3.2.4).
    pub fn opaque(id: impl Into<String>) -> Result<Self, InvalidSubject> {
        Identifier::opaque(id).map(Self::Simple)
    }

    /// The value of `format`.
    pub fn format(&self) -> &str {
        match self {
            Self::Simple(identifier) => identifier.format(),
            Self::Complex(_) => "complex",
        }
    }

    /// Whether an event about one of the two concerns the other (SSF 1.0 §8.1.3.1):
    /// identifiers are identical; of complex subjects every member that both have is.
    pub fn matches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Simple(one), Self::Simple(other)) => one == other,
            (Self::Complex(one), Self::Complex(other)) => one.matches(other),
            _ => false,
        }
    }
}

impl From<Identifier> for Subject {
    fn from(identifier: Identifier) -> Self {
        Self::Simple(identifier)
    }
}

impl From<Complex> for Subject {
    fn from(complex: Complex) -> Self {
        Self::Complex(complex)
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Simple(identifier) => Serialize::serialize(identifier, serializer),
            Self::Complex(complex) => complex.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Map::deserialize(deserializer)?;
        match members.get("format").and_then(Value::as_str) {
            Some("complex") => Complex::from_members(members).map(Self::Complex),
            _ => Identifier::from_members(members).map(Self::Simple),
        }
        .map_err(de::Error::custom)
    }
}
