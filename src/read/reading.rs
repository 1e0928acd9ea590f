//! What a decision reads, and the version of all of it.
//!
//! Whatever is loaded here is expected unchanged when the decision is appended: a decision is checked
//! against all it read.

use std::collections::{BTreeMap, BTreeSet};

use domain::api::Api;
use domain::client::Client;
use domain::event::Subject;
use domain::grant::{Consent, Grant, Granted};
use domain::group::{Group, Membership, Nesting};
use domain::powers::Administration;
use domain::session::Session;
use domain::signing_key::SigningKey;
use domain::stream::Stream;
use domain::user::User;
use domain::value::{
    ApiId, ClientId, GrantId, GroupId, Issuer, SessionId, StreamId, Timestamp, UserId,
};
use eventlog::{DbError, Log};

use super::{apis, clients, grants, groups, realm, sessions, signing_keys, streams, users};

/// Loads state for one decision.
pub struct Reading<'a> {
    log: &'a Log,
    versions: BTreeMap<String, i64>,
}

impl<'a> Reading<'a> {
    /// Begins to read.
    pub fn new(log: &'a Log) -> Self {
        Self {
            log,
            versions: BTreeMap::new(),
        }
    }

    /// The database, for look-ups whose answer no decision depends on, or that a claim decides.
    pub fn log(&self) -> &'a Log {
        self.log
    }

    /// The versions of all that was read; 0 where there was nothing.
    pub fn into_versions(self) -> BTreeMap<String, i64> {
        self.versions
    }

    fn note<T>(&mut self, subject: Subject, found: Option<(T, i64)>) -> Option<T> {
        let version = found.as_ref().map_or(0, |(_, version)| *version);
        self.expect(subject, version);
        found.map(|(value, _)| value)
    }

    /// What was read first counts: if a later reading finds it changed, the decision is made anew.
    fn expect(&mut self, subject: Subject, version: i64) {
        self.versions
            .entry(subject.into_string())
            .or_insert(version);
    }

    /// The realm's issuer.
    pub async fn issuer(&mut self) -> Result<Option<Issuer>, DbError> {
        let found = realm::issuer(self.log).await?;
        Ok(self.note(Subject::realm(), found))
    }

    /// A user.
    pub async fn user(&mut self, id: UserId) -> Result<Option<User>, DbError> {
        let found = users::get(self.log, id)
            .await?
            .map(|row| (row.user, row.version));
        Ok(self.note(Subject::user(&id), found))
    }

    /// Whether a user was deleted and not erased yet.
    pub async fn is_deleted_user(&mut self, id: UserId) -> Result<bool, DbError> {
        let row = self
            .log
            .read_one(
                "SELECT version FROM deleted_users WHERE id = $1",
                &[id.to_string().into()],
            )
            .await?;
        let found = row
            .map(|row| row.int(0).map(|version| ((), version)))
            .transpose()?;
        Ok(self.note(Subject::user(&id), found).is_some())
    }

    /// A group.
    pub async fn group(&mut self, id: GroupId) -> Result<Option<Group>, DbError> {
        let found = groups::get(self.log, id).await?;
        Ok(self.note(Subject::group(&id), found))
    }

    /// All nestings of groups.
    pub async fn nesting(&mut self) -> Result<Nesting, DbError> {
        self.expect_version(Subject::group_graph()).await?;
        Ok(Nesting(groups::nestings(self.log).await?))
    }

    /// A direct membership.
    pub async fn membership(
        &mut self,
        group: GroupId,
        user: UserId,
    ) -> Result<Option<Membership>, DbError> {
        self.expect_version(Subject::membership(group, user))
            .await?;
        Ok(groups::get_membership(self.log, group, user)
            .await?
            .map(|(membership, _)| membership))
    }

    /// All direct memberships of a user.
    pub async fn memberships_of(&mut self, user: UserId) -> Result<Vec<Membership>, DbError> {
        let found = groups::memberships_of(self.log, user).await?;
        Ok(found
            .into_iter()
            .filter_map(|found| self.note(Subject::membership(found.0.group, user), Some(found)))
            .collect())
    }

    /// An API.
    pub async fn api(&mut self, id: ApiId) -> Result<Option<Api>, DbError> {
        let found = apis::get(self.log, id).await?;
        Ok(self.note(Subject::api(&id), found))
    }

    /// All APIs.
    pub async fn apis(&mut self) -> Result<Vec<Api>, DbError> {
        let found = apis::all(self.log).await?;
        Ok(found
            .into_iter()
            .filter_map(|found| self.note(Subject::api(&found.0.id), Some(found)))
            .collect())
    }

    /// A client.
    pub async fn client(&mut self, id: &ClientId) -> Result<Option<Client>, DbError> {
        self.expect_version(Subject::client(id)).await?;
        Ok(clients::get(self.log, id).await?.map(|(client, _)| client))
    }

    /// A stream.
    pub async fn stream(&mut self, id: StreamId) -> Result<Option<Stream>, DbError> {
        let found = streams::get(self.log, id).await?;
        Ok(self.note(Subject::stream(&id), found))
    }

    /// The streams of a client.
    pub async fn streams_of(&mut self, client: &ClientId) -> Result<Vec<Stream>, DbError> {
        let found = streams::of_client(self.log, client).await?;
        Ok(found
            .into_iter()
            .filter_map(|found| self.note(Subject::stream(&found.0.id), Some(found)))
            .collect())
    }

    /// What a stream was told last about a user: whether it hears of them.
    pub async fn told(&mut self, stream: StreamId, user: UserId) -> Result<Option<bool>, DbError> {
        self.expect_version(Subject::stream_subject(stream, user))
            .await?;
        let found = streams::told(self.log, stream, user).await?;
        Ok(found.map(|(included, _)| included))
    }

    /// A session that has not ended.
    pub async fn session(&mut self, id: SessionId) -> Result<Option<Session>, DbError> {
        let found = sessions::get(self.log, id)
            .await?
            .map(|row| (row.session, row.version));
        Ok(self.note(Subject::session(&id), found))
    }

    /// All sessions of a user that have not ended.
    pub async fn sessions_of(&mut self, user: UserId) -> Result<Vec<Session>, DbError> {
        let found = sessions::of_user(self.log, user).await?;
        Ok(found
            .into_iter()
            .filter_map(|row| {
                self.note(
                    Subject::session(&row.session.id),
                    Some((row.session, row.version)),
                )
            })
            .collect())
    }

    /// A grant that was not revoked.
    pub async fn grant(&mut self, id: GrantId) -> Result<Option<Grant>, DbError> {
        let found = grants::get(self.log, id)
            .await?
            .map(|row| (row.grant, row.version));
        Ok(self.note(Subject::grant(&id), found))
    }

    fn note_grants(&mut self, found: Vec<grants::GrantRow>) -> Vec<Grant> {
        found
            .into_iter()
            .filter_map(|row| {
                self.note(
                    Subject::grant(&row.grant.id),
                    Some((row.grant, row.version)),
                )
            })
            .collect()
    }

    /// All grants of a user that were not revoked.
    pub async fn grants_of(&mut self, user: UserId) -> Result<Vec<Grant>, DbError> {
        let found = grants::of_user(self.log, user).await?;
        Ok(self.note_grants(found))
    }

    /// All grants of a session that were not revoked.
    pub async fn grants_in(&mut self, session: SessionId) -> Result<Vec<Grant>, DbError> {
        let found = grants::of_session(self.log, session).await?;
        Ok(self.note_grants(found))
    }

    /// What a person allowed a client.
    pub async fn consent(
        &mut self,
        user: UserId,
        client: &ClientId,
    ) -> Result<Option<Consent>, DbError> {
        let found = grants::get_consent(self.log, user, client).await?;
        let found = found.map(|(consent, version, _)| (consent, version));
        Ok(self.note(Subject::consent(user, client), found))
    }

    /// All that people allowed a client.
    pub async fn consents_to(&mut self, client: &ClientId) -> Result<Vec<Consent>, DbError> {
        let found = grants::consents_to(self.log, client).await?;
        Ok(found
            .into_iter()
            .filter_map(|(consent, version)| {
                let subject = Subject::consent(consent.user, client);
                self.note(subject, Some((consent, version)))
            })
            .filter(|consent| consent.granted != Granted::default())
            .collect())
    }

    /// All published signing keys.
    pub async fn signing_keys(&mut self) -> Result<Vec<SigningKey>, DbError> {
        let found = signing_keys::all(self.log).await?;
        Ok(found
            .into_iter()
            .filter_map(|found| self.note(Subject::signing_key(&found.0.kid), Some(found)))
            .collect())
    }

    /// What decides who may administer the realm.
    pub async fn administration(&mut self) -> Result<Administration, DbError> {
        let nesting = self.nesting().await?.0;
        let api = self
            .api(crate::admin_api::ID)
            .await?
            .ok_or_else(|| super::unreadable("apis", "the admin API is missing"))?;
        Ok(Administration { api, nesting })
    }

    /// The people who hold every power for good: enabled, able to sign in, by rules that name them or by
    /// one membership without end.
    pub async fn administrators(
        &mut self,
        administration: &Administration,
    ) -> Result<BTreeSet<UserId>, DbError> {
        let mut candidates = administration.full_users();
        for group in administration.full_groups() {
            for (membership, version) in groups::members_page(self.log, group, "", i64::MAX).await?
            {
                let user = membership.user;
                self.note(Subject::membership(group, user), Some(((), version)));
                if membership.expires.is_none() {
                    candidates.insert(user);
                }
            }
        }
        let mut administrators = BTreeSet::new();
        for id in candidates {
            if self
                .user(id)
                .await?
                .is_some_and(|user| user.enabled && user.has_password)
            {
                administrators.insert(id);
            }
        }
        Ok(administrators)
    }

    /// The scopes of the admin API that a user's rules give them now.
    pub async fn powers_of(
        &mut self,
        administration: &Administration,
        user: UserId,
        now: Timestamp,
    ) -> Result<domain::value::ScopeSet, DbError> {
        let direct: Vec<GroupId> = self
            .memberships_of(user)
            .await?
            .into_iter()
            .filter(|membership| membership.expires.is_none_or(|at| at > now))
            .map(|membership| membership.group)
            .collect();
        Ok(administration.of_user(user, &direct))
    }

    /// Expects a subject unchanged whose row may be gone while its history goes on. Called before the
    /// row is read: an edit in between makes the append fail, never pass.
    async fn expect_version(&mut self, subject: Subject) -> Result<(), DbError> {
        let row = self
            .log
            .read_one(
                "SELECT version FROM subjects WHERE subject = $1",
                &[subject.as_str().into()],
            )
            .await?;
        let version = row.map_or(Ok(0), |row| row.int(0))?;
        self.expect(subject, version);
        Ok(())
    }
}
