//! Every event there is, in one list: its name, class, subject and fields.
//!
//! Names are `noun.past_participle` and are never renamed. Fields are ids and settings; what a person
//! could ask us to forget travels beside the event as [`Personal`]. The catalogue in
//! `docs/events.md` is generated from [`CATALOGUE`].

use alloc::{string::String, string::ToString, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::api::{ApiSettings, Ceiling, Holder, Principal, SubjectKind};
use crate::client::ClientSettings;
use crate::grant::{Granted, RevokeReason};
use crate::personal::Personal;
use crate::session::EndReason;
use crate::stream::{StatusSetter, StreamSettings, StreamStatus};
use crate::user::{DisableReason, UserKind};
use crate::value::{
    ApiId, ClientId, GrantId, GroupId, Issuer, RuleId, Scope, SessionId, SignalId, SigningAlg,
    StreamId, Timestamp, UserId,
};

/// How long an event is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Directory, APIs, clients, rules, keys: kept.
    Record,
    /// Sign-ins, sessions, grants: removed some time after their subject ended.
    Activity,
}

/// One line of the event catalogue.
#[derive(Debug)]
pub struct CatalogueEntry {
    /// The event's name, `noun.past_participle`.
    pub kind: &'static str,
    /// How long it is kept.
    pub class: Class,
    /// What it says.
    pub doc: &'static str,
    /// Its fields: name, type in the words of this crate, meaning.
    pub fields: &'static [(&'static str, &'static str, &'static str)],
}

/// An event whose kind is not in the catalogue, or whose data is not of its form.
#[derive(Debug, thiserror::Error)]
#[error("event {kind} cannot be read: {reason}")]
pub struct Undecodable {
    /// The name that was stored.
    pub kind: String,
    /// What is wrong with it.
    pub reason: String,
}

macro_rules! events {
    ($(
        #[doc = $doc:literal]
        $kind:literal $class:ident $variant:ident on $subject:tt { $( #[doc = $fdoc:literal] $field:ident : $ty:ty, )* }
    )*) => {
        /// Everything that can happen.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum Event {
            $( #[doc = $doc] $variant { $( #[doc = $fdoc] $field: $ty, )* }, )*
        }

        /// All events, in the order of their nouns.
        pub const CATALOGUE: &[CatalogueEntry] = &[
            $( CatalogueEntry {
                kind: $kind, class: Class::$class, doc: $doc,
                fields: &[$( (stringify!($field), stringify!($ty), $fdoc), )*],
            }, )*
        ];

        impl Event {
            /// The event's name.
            pub fn kind(&self) -> &'static str {
                match self { $( Self::$variant { .. } => $kind, )* }
            }

            /// How long it is kept.
            pub fn class(&self) -> Class {
                match self { $( Self::$variant { .. } => Class::$class, )* }
            }

            /// Reads an event back from its name and the JSON of its fields.
            pub fn decode(kind: &str, data: &[u8]) -> Result<Self, Undecodable> {
                match kind {
                    $( $kind => {
                        #[derive(Deserialize)]
                        struct Fields { $( $field: $ty, )* }
                        let Fields { $( $field, )* } = serde_json::from_slice(data)
                            .map_err(|error| Undecodable { kind: kind.to_string(), reason: error.to_string() })?;
                        Ok(Self::$variant { $( $field, )* })
                    } )*
                    _ => Err(Undecodable { kind: kind.to_string(), reason: "no such kind".to_string() }),
                }
            }

            /// The subject whose version this event counts.
            pub fn subject(&self) -> Subject {
                match self { $( events!(@pattern $variant $subject) => events!(@subject $subject), )* }
            }
        }
    };
    (@pattern $variant:ident (realm)) => { Self::$variant { .. } };
    (@pattern $variant:ident (group_graph)) => { Self::$variant { .. } };
    (@pattern $variant:ident (member $g:ident $u:ident)) => { Self::$variant { $g, $u, .. } };
    (@pattern $variant:ident (consent $g:ident $u:ident)) => { Self::$variant { $g, $u, .. } };
    (@pattern $variant:ident (stream_subject $g:ident $u:ident)) => { Self::$variant { $g, $u, .. } };
    (@pattern $variant:ident ($noun:ident $id:ident)) => { Self::$variant { $id, .. } };
    (@subject (realm)) => { Subject::realm() };
    (@subject (group_graph)) => { Subject::group_graph() };
    (@subject (member $g:ident $u:ident)) => { Subject::membership(*$g, *$u) };
    (@subject (consent $g:ident $u:ident)) => { Subject::consent(*$g, $u) };
    (@subject (stream_subject $g:ident $u:ident)) => { Subject::stream_subject(*$g, *$u) };
    (@subject ($noun:ident $id:ident)) => { Subject::$noun($id) };
}

events! {
    /// The realm began: the first event of every log.
    "realm.created" Record RealmCreated on (realm) {
        /// The issuer that tokens name.
        issuer: Issuer,
    }
    /// The operator moved the realm to another issuer; tokens of the old one stop working.
    "realm.issuer_changed" Record RealmIssuerChanged on (realm) {
        /// The new issuer.
        issuer: Issuer,
    }

    /// A user or service account exists. Personal: username, e-mail, profile, attributes.
    "user.created" Record UserCreated on (user user) {
        /// The user.
        user: UserId,
        /// A person or a service account.
        kind: UserKind,
    }
    /// Personal values of a user changed. Personal: all of them as they are now, and the former e-mail and phone number, if they were verified.
    "user.updated" Record UserUpdated on (user user) {
        /// The user.
        user: UserId,
        /// Names of the values that changed.
        changed: Vec<String>,
    }
    /// A user may not sign in; their sessions and grants ended with this.
    "user.disabled" Record UserDisabled on (user user) {
        /// The user.
        user: UserId,
        /// Why.
        reason: DisableReason,
    }
    /// A user may sign in again.
    "user.enabled" Record UserEnabled on (user user) {
        /// The user.
        user: UserId,
    }
    /// A user has a password, new or changed. The hash is not here.
    "user.password_set" Record UserPasswordSet on (user user) {
        /// The user.
        user: UserId,
        /// Whether it is their first.
        first: bool,
        /// Whether they must choose another at the next sign-in.
        must_change: bool,
    }
    /// A user must choose another password at the next sign-in.
    "user.password_change_required" Record UserPasswordChangeRequired on (user user) {
        /// The user.
        user: UserId,
    }
    /// A user has no password any more.
    "user.password_removed" Record UserPasswordRemoved on (user user) {
        /// The user.
        user: UserId,
    }
    /// The account is gone; its history remains.
    "user.deleted" Record UserDeleted on (user user) {
        /// The user.
        user: UserId,
    }
    /// The person was forgotten: personal values of all their events were removed.
    "user.erased" Record UserErased on (user user) {
        /// The user.
        user: UserId,
    }

    /// A group exists.
    "group.created" Record GroupCreated on (group group) {
        /// The group.
        group: GroupId,
        /// Its name, unique.
        name: String,
    }
    /// A group has another name.
    "group.renamed" Record GroupRenamed on (group group) {
        /// The group.
        group: GroupId,
        /// The new name.
        name: String,
    }
    /// A group is gone, with its memberships and nestings.
    "group.deleted" Record GroupDeleted on (group group) {
        /// The group.
        group: GroupId,
    }
    /// Members of one group are now members of another, too.
    "group.nested" Record GroupNested on (group_graph) {
        /// The group that gains the members.
        parent: GroupId,
        /// The group whose members they are.
        child: GroupId,
    }
    /// A nesting ended.
    "group.unnested" Record GroupUnnested on (group_graph) {
        /// The group that loses the members.
        parent: GroupId,
        /// The group whose members they were.
        child: GroupId,
    }
    /// A user is a direct member of a group.
    "group.member_added" Record GroupMemberAdded on (member group user) {
        /// The group.
        group: GroupId,
        /// The member.
        user: UserId,
        /// When it ends by itself.
        expires: Option<Timestamp>,
    }
    /// A user is no longer a direct member of a group.
    "group.member_removed" Record GroupMemberRemoved on (member group user) {
        /// The group.
        group: GroupId,
        /// The former member.
        user: UserId,
    }

    /// An API is registered: tokens can be asked for it.
    "api.created" Record ApiCreated on (api api) {
        /// The API.
        api: ApiId,
        /// Its settings.
        settings: ApiSettings,
    }
    /// An API's settings changed.
    "api.updated" Record ApiUpdated on (api api) {
        /// The API.
        api: ApiId,
        /// All settings as they are now.
        settings: ApiSettings,
    }
    /// An API is gone, with its scopes, ceilings and rules.
    "api.deleted" Record ApiDeleted on (api api) {
        /// The API.
        api: ApiId,
    }
    /// An API has a scope, new or with another description.
    "api.scope_set" Record ApiScopeSet on (api api) {
        /// The API.
        api: ApiId,
        /// The scope.
        scope: Scope,
        /// What it lets a client do, in words for the person who consents.
        description: String,
    }
    /// An API lost a scope.
    "api.scope_removed" Record ApiScopeRemoved on (api api) {
        /// The API.
        api: ApiId,
        /// The scope.
        scope: Scope,
    }
    /// An API has a new introspection credential; the former one is void.
    "api.credential_set" Record ApiCredentialSet on (api api) {
        /// The API.
        api: ApiId,
    }
    /// An API has no introspection credential any more.
    "api.credential_removed" Record ApiCredentialRemoved on (api api) {
        /// The API.
        api: ApiId,
    }
    /// A client, or a class of clients, may ask for an API's scopes up to a ceiling.
    "api.client_allowed" Record ApiClientAllowed on (api api) {
        /// The API.
        api: ApiId,
        /// The client or class.
        holder: Holder,
        /// On behalf of users, or for itself.
        subject: SubjectKind,
        /// The most that it may ask for.
        ceiling: Ceiling,
    }
    /// A client, or a class of clients, lost its ceiling at an API.
    "api.client_disallowed" Record ApiClientDisallowed on (api api) {
        /// The API.
        api: ApiId,
        /// The client or class.
        holder: Holder,
        /// On behalf of users, or for itself.
        subject: SubjectKind,
    }
    /// A group or user may have a scope of an API; once a rule exists, all others may not.
    "api.rule_added" Record ApiRuleAdded on (api api) {
        /// The API.
        api: ApiId,
        /// The rule.
        rule: RuleId,
        /// The scope, or all of them.
        scope: Option<Scope>,
        /// Who is allowed.
        principal: Principal,
    }
    /// A rule of an API is gone.
    "api.rule_removed" Record ApiRuleRemoved on (api api) {
        /// The API.
        api: ApiId,
        /// The rule.
        rule: RuleId,
    }

    /// A client is registered.
    "client.created" Record ClientCreated on (client client) {
        /// The client.
        client: ClientId,
        /// Its settings.
        settings: ClientSettings,
    }
    /// A client's settings changed.
    "client.updated" Record ClientUpdated on (client client) {
        /// The client.
        client: ClientId,
        /// All settings as they are now.
        settings: ClientSettings,
    }
    /// A client has one more secret. The secret is not here.
    "client.secret_added" Record ClientSecretAdded on (client client) {
        /// The client.
        client: ClientId,
        /// Names the secret among the client's.
        secret: RuleId,
    }
    /// A secret of a client is void.
    "client.secret_removed" Record ClientSecretRemoved on (client client) {
        /// The client.
        client: ClientId,
        /// Which one.
        secret: RuleId,
    }
    /// A client is gone, with its secrets; its grants were revoked with this.
    "client.deleted" Record ClientDeleted on (client client) {
        /// The client.
        client: ClientId,
    }

    /// A person allowed a client some scopes, and is not asked for these again.
    "consent.given" Record ConsentGiven on (consent user client) {
        /// The person.
        user: UserId,
        /// The client.
        client: ClientId,
        /// All that is now allowed.
        granted: Granted,
    }
    /// A person took back what they had allowed a client.
    "consent.withdrawn" Record ConsentWithdrawn on (consent user client) {
        /// The person.
        user: UserId,
        /// The client.
        client: ClientId,
    }

    /// A person signed in. Personal: address and user agent.
    "session.started" Activity SessionStarted on (session session) {
        /// The session.
        session: SessionId,
        /// The person.
        user: UserId,
        /// How they proved who they are (RFC 8176).
        amr: Vec<String>,
        /// When the session ends at the latest.
        expires: Timestamp,
    }
    /// A person proved again, within a session, who they are.
    "session.reauthenticated" Activity SessionReauthenticated on (session session) {
        /// The session.
        session: SessionId,
        /// The person.
        user: UserId,
        /// How (RFC 8176).
        amr: Vec<String>,
    }
    /// A session ended.
    "session.ended" Activity SessionEnded on (session session) {
        /// The session.
        session: SessionId,
        /// The person.
        user: UserId,
        /// Why.
        reason: EndReason,
    }

    /// A client may act for a person within these bounds; its tokens hang from this.
    "grant.created" Activity GrantCreated on (grant grant) {
        /// The grant.
        grant: GrantId,
        /// The person.
        user: UserId,
        /// The client.
        client: ClientId,
        /// The session it was given in.
        session: SessionId,
        /// The bounds.
        granted: Granted,
        /// Whether it outlives the session.
        offline: bool,
        /// When it ends at the latest.
        expires: Timestamp,
    }
    /// A grant is void, with all that hangs from it.
    "grant.revoked" Activity GrantRevoked on (grant grant) {
        /// The grant.
        grant: GrantId,
        /// The person.
        user: UserId,
        /// The client.
        client: ClientId,
        /// Why.
        reason: RevokeReason,
    }

    /// A Shared Signals stream exists: a receiver hears of what happens from here on.
    "stream.created" Record StreamCreated on (stream stream) {
        /// The stream.
        stream: StreamId,
        /// The receiver.
        client: ClientId,
        /// Its settings.
        settings: StreamSettings,
    }
    /// A stream's settings changed.
    "stream.updated" Record StreamUpdated on (stream stream) {
        /// The stream.
        stream: StreamId,
        /// All settings as they are now.
        settings: StreamSettings,
    }
    /// A stream has a new `Authorization` header for its push endpoint. The header is not here.
    "stream.authorization_set" Record StreamAuthorizationSet on (stream stream) {
        /// The stream.
        stream: StreamId,
    }
    /// A stream has no `Authorization` header any more.
    "stream.authorization_removed" Record StreamAuthorizationRemoved on (stream stream) {
        /// The stream.
        stream: StreamId,
    }
    /// A stream was enabled, paused or disabled.
    "stream.status_changed" Record StreamStatusChanged on (stream stream) {
        /// The stream.
        stream: StreamId,
        /// Whether its events are sent now.
        status: StreamStatus,
        /// Why, in the words of who set it.
        reason: Option<String>,
        /// Who.
        by: StatusSetter,
    }
    /// A stream hears of a user from now on.
    "stream.subject_added" Record StreamSubjectAdded on (stream_subject stream user) {
        /// The stream.
        stream: StreamId,
        /// The user.
        user: UserId,
    }
    /// A stream hears of a user no more.
    "stream.subject_removed" Record StreamSubjectRemoved on (stream_subject stream user) {
        /// The stream.
        stream: StreamId,
        /// The user.
        user: UserId,
    }
    /// A stream is gone, with what waited in it.
    "stream.deleted" Record StreamDeleted on (stream stream) {
        /// The stream.
        stream: StreamId,
    }

    /// Somebody outside reported something about a person. Personal: the report.
    "signal.reported" Activity SignalReported on (signal signal) {
        /// The signal.
        signal: SignalId,
        /// The person.
        user: UserId,
        /// The event's URI in CAEP or RISC.
        uri: String,
    }

    /// A signing key was made and published; it does not sign yet.
    "signing_key.created" Record SigningKeyCreated on (signing_key kid) {
        /// The key's id: its RFC 7638 thumbprint.
        kid: String,
        /// Its algorithm.
        alg: SigningAlg,
    }
    /// A signing key signs from now on.
    "signing_key.activated" Record SigningKeyActivated on (signing_key kid) {
        /// The key's id.
        kid: String,
    }
    /// A signing key signs no more; it stays published until its tokens have expired.
    "signing_key.retired" Record SigningKeyRetired on (signing_key kid) {
        /// The key's id.
        kid: String,
    }
    /// A signing key is no longer published.
    "signing_key.removed" Record SigningKeyRemoved on (signing_key kid) {
        /// The key's id.
        kid: String,
    }
}

/// The name of what an event is about: `noun/id`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(String);

impl Subject {
    /// The realm itself.
    pub fn realm() -> Self {
        Self("realm".to_string())
    }

    /// The nesting of all groups: its edits are checked against one another.
    pub fn group_graph() -> Self {
        Self("group-graph".to_string())
    }

    /// One user.
    pub fn user(id: &UserId) -> Self {
        Self(alloc::format!("user/{id}"))
    }

    /// One group, without its members.
    pub fn group(id: &GroupId) -> Self {
        Self(alloc::format!("group/{id}"))
    }

    /// One user's direct membership of one group.
    pub fn membership(group: GroupId, user: UserId) -> Self {
        Self(alloc::format!("membership/{group}/{user}"))
    }

    /// One API with its scopes, ceilings and rules.
    pub fn api(id: &ApiId) -> Self {
        Self(alloc::format!("api/{id}"))
    }

    /// One client.
    pub fn client(id: &ClientId) -> Self {
        Self(alloc::format!("client/{id}"))
    }

    /// What one person allowed one client.
    pub fn consent(user: UserId, client: &ClientId) -> Self {
        Self(alloc::format!("consent/{user}/{client}"))
    }

    /// One session.
    pub fn session(id: &SessionId) -> Self {
        Self(alloc::format!("session/{id}"))
    }

    /// One grant.
    pub fn grant(id: &GrantId) -> Self {
        Self(alloc::format!("grant/{id}"))
    }

    /// One Shared Signals stream, without its subjects.
    pub fn stream(id: &StreamId) -> Self {
        Self(alloc::format!("stream/{id}"))
    }

    /// Whether one stream hears of one user.
    pub fn stream_subject(stream: StreamId, user: UserId) -> Self {
        Self(alloc::format!("stream-subject/{stream}/{user}"))
    }

    /// One signal from outside.
    pub fn signal(id: &SignalId) -> Self {
        Self(alloc::format!("signal/{id}"))
    }

    /// One signing key.
    pub fn signing_key(kid: &str) -> Self {
        Self(alloc::format!("signing_key/{kid}"))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as owned text.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl core::fmt::Display for Subject {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

/// An event together with the personal values that lie beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What happened.
    pub event: Event,
    /// Whose values, and which.
    pub personal: Option<(UserId, Personal)>,
}

impl From<Event> for Change {
    fn from(event: Event) -> Self {
        Self {
            event,
            personal: None,
        }
    }
}

impl Event {
    /// The event with personal values of one user beside it.
    pub fn with(self, user: UserId, personal: Personal) -> Change {
        Change {
            event: self,
            personal: Some((user, personal)),
        }
    }
}
