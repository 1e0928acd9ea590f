//! A realm as objects with fields, all named as people name them: the unit of the three-way merge.
//!
//! The file, what was applied last and what is running are each brought into this form. Secrets are in
//! it by their SHA-256 only, passwords not at all.

use std::collections::BTreeMap;
use std::fmt;

use domain::api::{Holder, SubjectKind};
use domain::value::{ApiId, Scope};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::merge::same;
use crate::{admin_api, ssf_api};

/// What an object is, in the order in which objects are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By its name.
    Group,
    /// By their username, in its stored form.
    User,
    /// By its client id.
    Client,
    /// By its identifier in canonical form, or by a name of `BUILT_IN`.
    Api,
    /// By the name that an operator gave it.
    Stream,
}

impl Kind {
    /// The section of the file that holds these.
    pub(super) const fn section(self) -> &'static str {
        match self {
            Self::Group => "groups",
            Self::User => "users",
            Self::Client => "clients",
            Self::Api => "apis",
            Self::Stream => "streams",
        }
    }

    /// One of them.
    pub(super) const fn noun(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::User => "user",
            Self::Client => "client",
            Self::Api => "API",
            Self::Stream => "stream",
        }
    }
}

/// The name by which the file calls the admin API.
pub(super) const ADMIN: &str = "admin";

/// The APIs that are built in, by the names that the file calls them.
pub(super) const BUILT_IN: [(&str, ApiId); 2] = [(ADMIN, admin_api::ID), ("ssf", ssf_api::ID)];

/// Whether the file calls an API by this name that is built in.
pub(super) fn is_built_in(name: &str) -> bool {
    BUILT_IN.iter().any(|(known, _)| *known == name)
}

/// One thing that a realm file can declare.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
}

impl Object {
    pub(super) fn new(kind: Kind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
        }
    }

    /// The APIs that are always there.
    pub(super) fn built_in() -> impl Iterator<Item = Self> {
        BUILT_IN
            .into_iter()
            .map(|(name, _)| Self::new(Kind::Api, name))
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.noun(), self.name)
    }
}

/// Whom a rule allows, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allowed {
    /// Members of a group.
    Group(String),
    /// One user.
    User(String),
}

impl Allowed {
    pub(super) fn object(&self) -> Object {
        match self {
            Self::Group(name) => Object::new(Kind::Group, name),
            Self::User(name) => Object::new(Kind::User, name),
        }
    }
}

/// A field of an object: what is merged as one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// A value that the object has exactly one of.
    Setting(String),
    /// A user's attribute.
    Attribute(String),
    /// A group whose members are members of this one.
    Child(String),
    /// A direct member of a group.
    Member(String),
    /// A client's secret, by its SHA-256.
    Secret(String),
    /// A scope of an API; the value is its description.
    Scope(Scope),
    /// What a client or class may ask of an API; the value is `"*"` or a list of scopes.
    Ceiling(Holder, SubjectKind),
    /// A rule of an API.
    Rule(Option<Scope>, Allowed),
}

impl Field {
    pub(super) fn setting(name: &str) -> Self {
        Self::Setting(name.to_owned())
    }

    /// Whether the field is one of many of its kind: such a one is removed when the file no longer names
    /// it. A setting keeps its value and belongs to the API again.
    pub(super) const fn is_entry(&self) -> bool {
        !matches!(self, Self::Setting(_))
    }

    /// Whether its value is never shown.
    pub(super) fn is_secret(&self) -> bool {
        match self {
            Self::Secret(_) => true,
            Self::Setting(name) => [PASSWORD, CREDENTIAL, AUTHORIZATION].contains(&name.as_str()),
            _ => false,
        }
    }

    /// Whether, as a field of a user, it tells who they are, and not only what their account is.
    fn is_personal(&self) -> bool {
        !matches!(self, Self::Setting(name) if ["kind", "enabled", PASSWORD].contains(&name.as_str()))
    }

    /// The other object that the field names.
    fn mentions(&self) -> Option<Object> {
        match self {
            Self::Child(name) => Some(Object::new(Kind::Group, name)),
            Self::Member(name) => Some(Object::new(Kind::User, name)),
            Self::Rule(_, allowed) => Some(allowed.object()),
            Self::Ceiling(Holder::Client(client), _) => {
                Some(Object::new(Kind::Client, client.as_str()))
            }
            _ => None,
        }
    }
}

/// The setting that says that a user has a password.
pub(super) const PASSWORD: &str = "password";
/// The setting that holds the SHA-256 of an API's introspection credential.
pub(super) const CREDENTIAL: &str = "introspection_credential";
/// The setting that holds the SHA-256 of the `Authorization` header of a stream's pushes.
pub(super) const AUTHORIZATION: &str = "authorization_header";
/// The setting that names a stream's client.
pub(super) const CLIENT: &str = "client";
/// The setting that names the groups which an API's tokens carry.
pub(super) const GROUPS_CLAIM: &str = "groups_claim";

/// The fields of one object.
pub(super) type Fields = BTreeMap<Field, Value>;

/// Objects with the fields that are named, or that there are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document(pub(super) BTreeMap<Object, Fields>);

impl Document {
    /// Reads what [`Document::to_json`] wrote.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let objects: Vec<(Object, Vec<(Field, Value)>)> = serde_json::from_str(text)?;
        let objects = objects
            .into_iter()
            .map(|(object, fields)| (object, fields.into_iter().collect()));
        Ok(Self(objects.collect()))
    }

    /// As JSON, the same text for the same document.
    pub fn to_json(&self) -> String {
        let objects: Vec<(&Object, Vec<(&Field, &Value)>)> = self
            .0
            .iter()
            .map(|(object, fields)| (object, fields.iter().collect()))
            .collect();
        crate::read::json(&objects)
    }

    /// Takes out what it says of a user who had this name. `heir` is who has the name now: what is true
    /// of that one is said of them.
    pub(super) fn forget_user(&mut self, name: &str, heir: Option<&Fields>) {
        let object = Object::new(Kind::User, name);
        let mut personal = self
            .0
            .get(&object)
            .into_iter()
            .flatten()
            .filter(|(field, _)| field.is_personal());
        if heir
            .is_some_and(|heir| personal.all(|(field, value)| same(heir.get(field), Some(value))))
        {
            return;
        }
        self.0.remove(&object);
        for fields in self.0.values_mut() {
            fields.retain(|field, _| field.mentions().as_ref() != Some(&object));
        }
    }

    /// All fields that name another object, with that object.
    pub(super) fn mentions(&self) -> impl Iterator<Item = (&Object, &Field, Object)> {
        self.0.iter().flat_map(|(object, fields)| {
            fields.iter().flat_map(move |(field, value)| {
                let is = |setting: &str| *field == Field::setting(setting);
                let groups = value.as_array().filter(|_| is(GROUPS_CLAIM));
                let groups = groups.into_iter().flatten().filter_map(Value::as_str);
                let client = value.as_str().filter(|_| is(CLIENT));
                groups
                    .map(|name| Object::new(Kind::Group, name))
                    .chain(client.map(|id| Object::new(Kind::Client, id)))
                    .chain(field.mentions())
                    .map(move |mentioned| (object, field, mentioned))
            })
        })
    }
}
