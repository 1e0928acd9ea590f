//! What a file declares: sections of objects, each with settings and entries.

use domain::api::{Holder, SubjectKind};
use domain::value::{ClientId, GroupName, Name, Password, ResourceUri, Scope, ScopeSet, Username};
use serde_json::Value;
use shared_signals::stream::AuthorizationHeader;

use super::document::{
    AUTHORIZATION, Allowed, CREDENTIAL, Field, Kind, Object, PASSWORD, is_built_in,
};
use super::file::{File, FirstPassword, NewPassword};
use super::reader::{Cursor, Reader};
use super::secret;
use super::{settings, yaml};

/// Reads the sections of a file.
pub(super) struct Declaring<'f, 'r> {
    pub(super) reader: Reader<'r>,
    pub(super) file: &'f mut File,
}

const KINDS: [Kind; 5] = [
    Kind::Group,
    Kind::User,
    Kind::Client,
    Kind::Api,
    Kind::Stream,
];

impl Declaring<'_, '_> {
    pub(super) fn sections(&mut self, root: &Cursor<'_>) {
        for (key, section) in self.reader.entries(root) {
            match KINDS.into_iter().find(|kind| kind.section() == key) {
                Some(kind) => self.section(kind, &section),
                None => self.reader.unknown(&section, key, KINDS.map(Kind::section)),
            }
        }
    }

    fn section(&mut self, kind: Kind, section: &Cursor<'_>) {
        for (key, cursor) in self.reader.entries(section) {
            let object = match name_of(kind, key) {
                Ok(name) => Object::new(kind, name),
                Err(message) => {
                    self.reader.wrong(&cursor, message);
                    continue;
                }
            };
            let place = (cursor.at, cursor.path.clone());
            if let Some((first, _)) = self.file.places.insert((object.clone(), None), place) {
                let line = first.line;
                self.reader.wrong(
                    &cursor,
                    format_args!("{object} is declared already, in line {line}"),
                );
                continue;
            }
            self.file.document.0.entry(object.clone()).or_default();
            if kind == Kind::Api && !is_built_in(key) {
                self.put(&cursor, &object, Field::setting("identifier"), key.into());
            }
            for (key, value) in self.reader.entries(&cursor) {
                self.field(&object, key, &value);
            }
        }
    }

    /// Reads what an object has under one key.
    fn field(&mut self, object: &Object, key: &str, cursor: &Cursor<'_>) {
        let settings = settings::of(object.kind);
        if let Some((_, read)) = settings.iter().find(|(name, _)| *name == key) {
            if let Some(value) = read(&mut self.reader, cursor) {
                self.put(cursor, object, Field::setting(key), value);
            }
            return;
        }
        match (object.kind, key) {
            (Kind::Group, "members") => self.names(object, Kind::User, cursor, Field::Member),
            (Kind::Group, "groups") => self.names(object, Kind::Group, cursor, Field::Child),
            (Kind::User, "attributes") => {
                for (name, value) in self.reader.entries(cursor) {
                    let attribute = Field::Attribute(name.to_owned());
                    self.put(&value, object, attribute, value.node.to_json());
                }
            }
            (Kind::User, "password") => self.password(object, cursor, false),
            (Kind::User, "initial_password") => self.password(object, cursor, true),
            (Kind::Client, "secrets") => {
                for item in self.reader.items(cursor) {
                    if let Some(hash) = self.program_secret(&item) {
                        self.put(&item, object, Field::Secret(hash), true.into());
                    }
                }
            }
            (Kind::Api, CREDENTIAL) | (Kind::Stream, AUTHORIZATION) if cursor.node.is_null() => {
                self.put(cursor, object, Field::setting(key), Value::Null);
            }
            (Kind::Stream, AUTHORIZATION) => self.header(object, cursor),
            (Kind::Api, CREDENTIAL) => {
                if let Some(hash) = self.program_secret(cursor) {
                    self.put(cursor, object, Field::setting(CREDENTIAL), hash.into());
                }
            }
            (Kind::Api, "scopes") => {
                for (scope, words) in self.reader.entries(cursor) {
                    let described = self.reader.parse(&words, |text| said(Name::parse(text)));
                    match (Scope::parse(scope), described) {
                        (Ok(scope), Some(words_)) => {
                            self.put(&words, object, Field::Scope(scope), words_.as_str().into());
                        }
                        (Err(error), _) => self.reader.wrong(&words, error),
                        (Ok(_), None) => {}
                    }
                }
            }
            (Kind::Api, "ceilings") => {
                for item in self.reader.items(cursor) {
                    self.ceiling(object, &item);
                }
            }
            (Kind::Api, "rules") => {
                for item in self.reader.items(cursor) {
                    self.rule(object, &item);
                }
            }
            _ => {
                let others = other_keys(object.kind).iter().copied();
                let known = settings.iter().map(|(name, _)| *name).chain(others);
                self.reader.unknown(cursor, key, known);
            }
        }
    }

    /// Notes what a field is to be; one thing is said once.
    fn put(&mut self, cursor: &Cursor<'_>, object: &Object, field: Field, value: Value) {
        let place = (cursor.at, cursor.path.clone());
        let key = (object.clone(), Some(field.clone()));
        if let Some((first, _)) = self.file.places.insert(key, place) {
            self.reader.wrong(
                cursor,
                format_args!("this is said already, in line {}", first.line),
            );
        }
        self.file
            .document
            .0
            .entry(object.clone())
            .or_default()
            .insert(field, value);
    }

    fn names(
        &mut self,
        object: &Object,
        kind: Kind,
        list: &Cursor<'_>,
        field: fn(String) -> Field,
    ) {
        for item in self.reader.items(list) {
            if let Some(name) = self.reader.parse(&item, |text| name_of(kind, text)) {
                self.put(&item, object, field(name), true.into());
            }
        }
    }

    fn header(&mut self, stream: &Object, cursor: &Cursor<'_>) {
        let Some(secret) = self.reader.secret(cursor) else {
            return;
        };
        let hash = secret::fingerprint(&secret);
        let header = AuthorizationHeader::try_from(secret.as_str().to_owned());
        match (hash, said(header)) {
            (Ok(hash), Ok(header)) => {
                self.put(cursor, stream, Field::setting(AUTHORIZATION), hash.into());
                self.file.headers.insert(stream.name.clone(), header);
            }
            (Err(message), _) | (_, Err(message)) => self.reader.wrong(cursor, message),
        }
    }

    fn program_secret(&mut self, cursor: &Cursor<'_>) -> Option<String> {
        let secret = self.reader.secret(cursor)?;
        secret::fingerprint(&secret)
            .map_err(|message| self.reader.wrong(cursor, message))
            .ok()
    }

    fn password(&mut self, user: &Object, cursor: &Cursor<'_>, must_change: bool) {
        let Some(secret) = self.reader.secret(cursor) else {
            return;
        };
        let value = if crate::passwords::is_hash(&secret) {
            NewPassword::Hash(secret.as_str().to_owned())
        } else {
            match Password::parse(&secret) {
                Ok(password) => NewPassword::Plain(password),
                Err(error) => return self.reader.wrong(cursor, error),
            }
        };
        self.put(cursor, user, Field::setting(PASSWORD), true.into());
        let password = FirstPassword { value, must_change };
        self.file.passwords.insert(user.name.clone(), password);
    }

    fn ceiling(&mut self, api: &Object, cursor: &Cursor<'_>) {
        let (mut holder, mut ceiling) = (None, None);
        let mut subject = SubjectKind::User;
        let before = self.reader.problems.len();
        for (key, value) in self.reader.entries(cursor) {
            let reader = &mut self.reader;
            match key {
                "client" | "class" if holder.is_some() => {
                    reader.wrong(&value, "name a client or a class, not both");
                }
                "client" => {
                    holder = reader
                        .parse(&value, |text| said(ClientId::parse(text)))
                        .map(Holder::Client);
                }
                "class" => holder = reader.parse(&value, class),
                "subject" => subject = reader.parse(&value, subject_kind).unwrap_or(subject),
                "scopes" => ceiling = scopes_or_all(reader, &value),
                _ => reader.unknown(&value, key, ["client", "class", "subject", "scopes"]),
            }
        }
        match (holder, ceiling) {
            (Some(holder), Some(ceiling)) => {
                self.put(cursor, api, Field::Ceiling(holder, subject), ceiling);
            }
            _ if self.reader.problems.len() > before => {}
            (None, _) => self
                .reader
                .wrong(cursor, "name a client, or a class of clients"),
            (_, None) => self
                .reader
                .wrong(cursor, "name scopes: a list, or \"*\" for all of them"),
        }
    }

    fn rule(&mut self, api: &Object, cursor: &Cursor<'_>) {
        let (mut scope, mut allowed) = (None, None);
        let before = self.reader.problems.len();
        for (key, value) in self.reader.entries(cursor) {
            let reader = &mut self.reader;
            match key {
                "group" | "user" if allowed.is_some() => {
                    reader.wrong(&value, "name a group or a user, not both: rules add up");
                }
                "group" => {
                    let name = reader.parse(&value, |text| name_of(Kind::Group, text));
                    allowed = name.map(Allowed::Group);
                }
                "user" => {
                    let name = reader.parse(&value, |text| name_of(Kind::User, text));
                    allowed = name.map(Allowed::User);
                }
                "scope" => {
                    scope = reader.parse(&value, |text| match text {
                        "*" => Ok(None),
                        _ => said(Scope::parse(text)).map(Some),
                    });
                }
                _ => reader.unknown(&value, key, ["scope", "group", "user"]),
            }
        }
        match allowed {
            Some(allowed) => {
                self.put(
                    cursor,
                    api,
                    Field::Rule(scope.flatten(), allowed),
                    true.into(),
                );
            }
            None if self.reader.problems.len() > before => {}
            None => self.reader.wrong(cursor, "name a group or a user"),
        }
    }
}

/// Keys of an object that are not settings.
pub(super) const fn other_keys(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Group => &["members", "groups"],
        Kind::User => &["attributes", "password", "initial_password"],
        Kind::Client => &["secrets"],
        Kind::Api => &["scopes", "ceilings", "rules", CREDENTIAL],
        Kind::Stream => &[AUTHORIZATION],
    }
}

/// The name of an object in its stored form.
fn name_of(kind: Kind, text: &str) -> Result<String, String> {
    match kind {
        Kind::Group => said(GroupName::parse(text)).map(|name| name.as_str().to_owned()),
        Kind::User => said(Username::parse(text)).map(|name| name.as_str().to_owned()),
        Kind::Client => said(ClientId::parse(text)).map(|id| id.as_str().to_owned()),
        Kind::Stream => said(Name::parse(text)).map(|name| name.as_str().to_owned()),
        Kind::Api if is_built_in(text) => Ok(text.to_owned()),
        Kind::Api => said(ResourceUri::parse(text)).map(|uri| uri.canonical().to_owned()),
    }
}

fn class(text: &str) -> Result<Holder, String> {
    match text {
        "first_party" => Ok(Holder::FirstParty),
        "third_party" => Ok(Holder::ThirdParty),
        "all" => Ok(Holder::All),
        _ => Err("expected one of: first_party, third_party, all".to_owned()),
    }
}

fn subject_kind(text: &str) -> Result<SubjectKind, String> {
    match text {
        "user" => Ok(SubjectKind::User),
        "client" => Ok(SubjectKind::Client),
        _ => Err("expected one of: user, client".to_owned()),
    }
}

/// `"*"`, or scopes in alphabetical order.
fn scopes_or_all(reader: &mut Reader<'_>, cursor: &Cursor<'_>) -> Option<Value> {
    if matches!(&cursor.node.data, yaml::Data::Scalar { text, .. } if text == "*") {
        return Some("*".into());
    }
    let scopes: Vec<Scope> =
        serde_json::from_value(super::reader::words::<Scope>(reader, cursor)?).ok()?;
    let scopes: ScopeSet = scopes.into_iter().collect();
    serde_json::to_value(scopes).ok()
}

fn said<T, E: ToString>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}
