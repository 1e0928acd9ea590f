//! Complex subjects (SSF 1.0 §3.3): one principal, described by members with names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

use super::{Identifier, InvalidSubject};
use crate::Malformed;

/// At least one named identifier. All of them describe the same principal: a user *in* a tenant,
/// a session *of* a user *on* a device.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Complex {
    members: BTreeMap<Cow<'static, str>, Identifier>,
}

impl Complex {
    /// The member names that the specification defines. Others may be agreed upon.
    pub const NAMES: [&'static str; 7] = [
        "user",
        "device",
        "session",
        "application",
        "tenant",
        "org_unit",
        "group",
    ];

    /// A complex subject with one member.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        identifier: Identifier,
    ) -> Result<Self, InvalidSubject> {
        let members = BTreeMap::new();
        Self { members }.with(name, identifier)
    }

    /// The same with one member more, which takes the place of another of that name.
    pub fn with(
        mut self,
        name: impl Into<Cow<'static, str>>,
        identifier: Identifier,
    ) -> Result<Self, InvalidSubject> {
        let name = name.into();
        if name.is_empty() || name == "format" {
            return Err(InvalidSubject::MemberName(name.into_owned()));
        }
        self.members.insert(name, identifier);
        Ok(self)
    }

    /// The member with this name.
    pub fn get(&self, name: &str) -> Option<&Identifier> {
        self.members.get(name)
    }

    /// The user.
    pub fn user(&self) -> Option<&Identifier> {
        self.get("user")
    }

    /// The session.
    pub fn session(&self) -> Option<&Identifier> {
        self.get("session")
    }

    /// The device.
    pub fn device(&self) -> Option<&Identifier> {
        self.get("device")
    }

    /// The tenant.
    pub fn tenant(&self) -> Option<&Identifier> {
        self.get("tenant")
    }

    /// Every member, by name.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Identifier)> {
        self.members
            .iter()
            .map(|(name, identifier)| (name.as_ref(), identifier))
    }

    /// Whether every member that both have is identical; what one of them leaves out is any.
    pub fn matches(&self, other: &Self) -> bool {
        self.members()
            .all(|(name, identifier)| other.get(name).is_none_or(|other| other == identifier))
    }

    /// `members` with their `format`.
    pub(super) fn from_members(members: Map<String, Value>) -> Result<Self, Malformed> {
        let members = members
            .into_iter()
            .filter(|(name, _)| name != "format")
            .map(|(name, value)| match value {
                Value::Object(value) => match Identifier::from_members(value) {
                    Ok(identifier) if !name.is_empty() => Ok((known(name), identifier)),
                    Ok(_) => Err(Malformed::new("a member of the subject has no name")),
                    Err(error) => Err(Malformed::new(format!("`{name}`: {error}"))),
                },
                _ => Err(Malformed::new(format!("`{name}` is not an object"))),
            })
            .collect::<Result<BTreeMap<_, _>, _>>()?;
        if members.is_empty() {
            return Err(Malformed::new(InvalidSubject::NoMember.to_string()));
        }
        Ok(Self { members })
    }
}

fn known(name: String) -> Cow<'static, str> {
    Complex::NAMES
        .into_iter()
        .find(|known| *known == name)
        .map_or(Cow::Owned(name), Cow::Borrowed)
}

impl Serialize for Complex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.members.len() + 1))?;
        map.serialize_entry("format", "complex")?;
        for (name, identifier) in &self.members {
            map.serialize_entry(name, identifier)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Complex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Map::deserialize(deserializer)?;
        if members.get("format").and_then(Value::as_str) != Some("complex") {
            return Err(de::Error::custom("`format` is not `complex`"));
        }
        Self::from_members(members).map_err(de::Error::custom)
    }
}
