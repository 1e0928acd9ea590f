//! The running realm, as far as a file concerns it: read for one decision, and brought into a document.

use std::collections::{BTreeMap, BTreeSet};

use domain::api::{Api, Ceiling, Principal};
use domain::client::Client;
use domain::group::{Group, Membership, Nesting};
use domain::stream::Stream;
use domain::user::User;
use domain::value::{ApiId, ClientId, GroupId, RuleId, Scope, StreamId, UserId, Username};
use eventlog::DbError;
use serde::Serialize;
use serde_json::Value;

use super::document::{
    AUTHORIZATION, Allowed, BUILT_IN, CLIENT, CREDENTIAL, Document, Field, Fields, GROUPS_CLAIM,
    Kind, Object, PASSWORD,
};
use super::secret::{hashed, to_text};
use crate::command::streams::place;
use crate::execute::Refused;
use crate::read::{self, Reading};
use crate::seal::MasterKey;

/// What there is, by the names that the file uses.
#[derive(Debug, Clone, Default)]
pub(super) struct Running {
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) users: BTreeMap<String, User>,
    pub(super) clients: BTreeMap<String, Client>,
    /// All of them, also those that no file names.
    pub(super) apis: BTreeMap<String, Api>,
    pub(super) nesting: Nesting,
    /// Those that the file or its predecessor names.
    pub(super) memberships: BTreeMap<(GroupId, UserId), Membership>,
    /// SHA-256 of the clients' secrets.
    pub(super) secrets: BTreeMap<RuleId, [u8; 32]>,
    /// SHA-256 of the APIs' introspection credentials.
    pub(super) credentials: BTreeMap<ApiId, [u8; 32]>,
    /// Those that the file or its predecessor names.
    pub(super) streams: BTreeMap<String, Stream>,
    /// SHA-256 of the `Authorization` headers of their pushes, as text.
    pub(super) headers: BTreeMap<StreamId, String>,
}

impl Running {
    /// Reads all that these documents name.
    pub(super) async fn load(
        state: &mut Reading<'_>,
        documents: [&Document; 2],
        master_key: &MasterKey,
    ) -> Result<Self, Refused> {
        let mut running = Self {
            nesting: state.nesting().await?,
            ..Self::default()
        };
        for api in state.apis().await? {
            running.apis.insert(api_name(&api), api);
        }
        // After the APIs, whose versions change with their credentials: an edit in between is a conflict.
        for (id, hash) in read::apis::credential_hashes(state.log()).await? {
            if let Some(api) = running.apis.values().find(|api| api.id.to_string() == id) {
                running.credentials.insert(api.id, hash);
            }
        }
        let named = documents
            .iter()
            .flat_map(|document| document.0.keys().cloned());
        let mentioned = documents.iter().flat_map(|document| document.mentions());
        let objects: BTreeSet<Object> = named
            .chain(mentioned.map(|(_, _, object)| object))
            .collect();
        for object in objects {
            if object.kind == Kind::Stream {
                running.load_stream(state, object.name, master_key).await?;
            } else {
                running.load_object(state, object).await?;
            }
        }
        running.load_claimed_groups(state).await?;
        for document in documents {
            running.load_memberships(state, document).await?;
        }
        Ok(running)
    }

    async fn load_object(
        &mut self,
        state: &mut Reading<'_>,
        object: Object,
    ) -> Result<(), DbError> {
        let name = object.name;
        match object.kind {
            Kind::Group => {
                let id = read::groups::by_name(state.log(), &name).await?;
                if let Some(id) = id
                    && let Some(group) = state.group(id).await?
                {
                    self.groups.insert(name, group);
                }
            }
            Kind::User => {
                let Ok(username) = Username::parse(&name) else {
                    return Ok(());
                };
                let id = read::users::by_username(state.log(), &username).await?;
                if let Some(id) = id
                    && let Some(user) = state.user(id).await?
                {
                    self.users.insert(name, user);
                }
            }
            Kind::Client => {
                let Ok(id) = ClientId::parse(&name) else {
                    return Ok(());
                };
                if let Some(client) = state.client(&id).await? {
                    self.secrets
                        .extend(read::clients::secrets_of(state.log(), &id).await?);
                    self.clients.insert(name, client);
                }
            }
            Kind::Api | Kind::Stream => {}
        }
        Ok(())
    }

    async fn load_stream(
        &mut self,
        state: &mut Reading<'_>,
        name: String,
        master_key: &MasterKey,
    ) -> Result<(), Refused> {
        let Some(id) = read::streams::by_name(state.log(), &name).await? else {
            return Ok(());
        };
        let Some(stream) = state.stream(id).await? else {
            return Ok(());
        };
        // After the stream, whose version changes with its header: an edit in between is a conflict.
        if let Some(sealed) = read::streams::authorization_of(state.log(), id).await? {
            let header = master_key
                .open(place(&id.to_string()), &sealed)
                .map_err(|error| Refused::Internal(format!("stream_authorizations: {error}")))?;
            self.headers.insert(id, hashed(&header));
        }
        self.streams.insert(name, stream);
        Ok(())
    }

    /// The groups whose names must be known because an API's tokens carry them.
    async fn load_claimed_groups(&mut self, state: &mut Reading<'_>) -> Result<(), DbError> {
        let known: BTreeSet<GroupId> = self.groups.values().map(|group| group.id).collect();
        let claimed: BTreeSet<GroupId> = self
            .apis
            .values()
            .flat_map(|api| &api.settings.groups_claim)
            .copied()
            .collect();
        for id in claimed.difference(&known) {
            if let Some(group) = state.group(*id).await? {
                self.groups.insert(group.name.clone(), group);
            }
        }
        Ok(())
    }

    async fn load_memberships(
        &mut self,
        state: &mut Reading<'_>,
        document: &Document,
    ) -> Result<(), DbError> {
        for (object, fields) in &document.0 {
            let Some(group) = self.groups.get(&object.name).map(|group| group.id) else {
                continue;
            };
            if object.kind != Kind::Group {
                continue;
            }
            for field in fields.keys() {
                let Field::Member(name) = field else { continue };
                let Some(user) = self.users.get(name).map(|user| user.id) else {
                    continue;
                };
                if let Some(membership) = state.membership(group, user).await? {
                    self.memberships.insert((group, user), membership);
                }
            }
        }
        Ok(())
    }

    /// The same as a document.
    pub(super) fn document(&self) -> Document {
        let mut document = Document::default();
        let mut put = |kind, name: &str, fields| {
            document.0.insert(Object::new(kind, name), fields);
        };
        self.groups
            .iter()
            .for_each(|(name, group)| put(Kind::Group, name, self.group(group)));
        self.users
            .iter()
            .for_each(|(name, user)| put(Kind::User, name, user_fields(user)));
        self.clients
            .iter()
            .for_each(|(name, client)| put(Kind::Client, name, self.client(client)));
        self.apis
            .iter()
            .for_each(|(name, api)| put(Kind::Api, name, self.api(api)));
        self.streams
            .iter()
            .for_each(|(name, stream)| put(Kind::Stream, name, self.stream(stream)));
        document
    }

    fn group(&self, group: &Group) -> Fields {
        let children = self
            .nesting
            .0
            .iter()
            .filter(|(parent, _)| *parent == group.id);
        let children = children.filter_map(|(_, child)| {
            Some((
                Field::Child(self.group_name(*child)?.to_owned()),
                true.into(),
            ))
        });
        let members = self.users.iter().filter_map(|(name, user)| {
            let membership = self.memberships.get(&(group.id, user.id))?;
            let value = membership
                .expires
                .map_or(Value::Bool(true), |at| at.micros().into());
            Some((Field::Member(name.clone()), value))
        });
        children.chain(members).collect()
    }

    fn client(&self, client: &Client) -> Fields {
        let mut fields = settings(&client.settings);
        let hashes = client
            .secrets
            .iter()
            .filter_map(|secret| self.secrets.get(secret));
        fields.extend(hashes.map(|hash| (Field::Secret(to_text(hash)), true.into())));
        fields
    }

    fn api(&self, api: &Api) -> Fields {
        let mut fields = settings(&api.settings);
        let groups = &api.settings.groups_claim;
        let mut groups: Vec<&str> = groups
            .iter()
            .filter_map(|id| self.group_name(*id))
            .collect();
        groups.sort_unstable();
        fields.insert(Field::setting(GROUPS_CLAIM), groups.into());
        if let Some(hash) = self.credentials.get(&api.id) {
            fields.insert(Field::setting(CREDENTIAL), to_text(hash).into());
        }
        for (scope, words) in &api.scopes {
            fields.insert(Field::Scope(scope.clone()), words.as_str().into());
        }
        for ((holder, subject), ceiling) in &api.ceilings {
            let value = match ceiling {
                Ceiling::All => "*".into(),
                Ceiling::Scopes(scopes) => scopes.iter().map(Scope::as_str).collect(),
            };
            fields.insert(Field::Ceiling(holder.clone(), *subject), value);
        }
        for rule in &api.rules {
            let allowed = match rule.principal {
                Principal::Group(id) => self.group_name(id).map(|name| Allowed::Group(name.into())),
                Principal::User(id) => self.user_name(id).map(|name| Allowed::User(name.into())),
            };
            // A rule for somebody whom no file names is in no file either.
            if let Some(allowed) = allowed {
                fields.insert(Field::Rule(rule.scope.clone(), allowed), true.into());
            }
        }
        fields
    }

    fn stream(&self, stream: &Stream) -> Fields {
        let mut fields = settings(&stream.settings);
        fields.insert(Field::setting(CLIENT), json(&stream.client));
        fields.insert(Field::setting("status"), json(&stream.status));
        if let Some(hash) = self.headers.get(&stream.id) {
            fields.insert(Field::setting(AUTHORIZATION), hash.as_str().into());
        }
        fields
    }

    fn group_name(&self, id: GroupId) -> Option<&str> {
        let mut groups = self.groups.values();
        groups
            .find(|group| group.id == id)
            .map(|group| group.name.as_str())
    }

    fn user_name(&self, id: UserId) -> Option<&str> {
        self.users
            .iter()
            .find(|(_, user)| user.id == id)
            .map(|(name, _)| name.as_str())
    }

    /// Whether there is such an object.
    pub(super) fn has(&self, object: &Object) -> bool {
        match object.kind {
            Kind::Group => self.groups.contains_key(&object.name),
            Kind::User => self.users.contains_key(&object.name),
            Kind::Client => self.clients.contains_key(&object.name),
            Kind::Api => self.apis.contains_key(&object.name),
            Kind::Stream => self.streams.contains_key(&object.name),
        }
    }
}

/// What the file calls an API.
fn api_name(api: &Api) -> String {
    let built_in = BUILT_IN.iter().find(|(_, id)| *id == api.id);
    let identifier = || api.settings.identifier.canonical();
    built_in
        .map_or_else(identifier, |(name, _)| name)
        .to_owned()
}

/// What a file could say of a user.
pub(super) fn user_fields(user: &User) -> Fields {
    let details = &user.details;
    let mut fields = settings(&details.profile);
    let mut put = |name: &str, value: Value| fields.insert(Field::setting(name), value);
    put(
        "phone_number_verified",
        details.profile.phone_number_verified.into(),
    );
    put("kind", json(&user.kind));
    put("enabled", user.enabled.into());
    put("email", json(&details.email));
    put("email_verified", details.email_verified.into());
    if user.has_password {
        put(PASSWORD, true.into());
    }
    let attributes = details.attributes.iter();
    fields.extend(attributes.map(|(name, value)| (Field::Attribute(name.clone()), value.clone())));
    fields
}

/// The members of a struct, each a setting.
fn settings(of: &impl Serialize) -> Fields {
    match json(of) {
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (Field::Setting(key), value))
            .collect(),
        _ => Fields::new(),
    }
}

/// A value of our own types as JSON, which it always has.
pub(super) fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
