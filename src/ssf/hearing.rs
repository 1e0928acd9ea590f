//! Which streams hear of a person: those of clients that the person may use, unless a stream was told
//! otherwise (SSF 1.0 §8.1.3, §9.3: a receiver learns nothing of people it has no business with).

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::client::GrantType;
use domain::policy::access::{self, Asker, Person};
use domain::stream::DefaultSubjects;
use domain::value::{ClientId, Email, GroupId, StreamId, Timestamp, UserId};
use eventlog::{DbError, Log};

use crate::oauth::groups;
use crate::read;
use crate::snapshot::{Snapshot, StreamEntry};

/// All that decides who hears of one person.
pub(super) struct Hearing {
    user: UserId,
    groups: BTreeSet<GroupId>,
    told: HashMap<StreamId, bool>,
    /// Whether the account is gone, and with it what rules say of it.
    is_gone: bool,
    /// The clients that ever acted for a person who is gone.
    acted: HashSet<ClientId>,
    verified_email: Option<Email>,
}

impl Hearing {
    /// Reads what is known of a person.
    pub(super) async fn of(
        log: &Log,
        snapshot: &Snapshot,
        user: UserId,
        now: Timestamp,
    ) -> Result<Self, DbError> {
        let row = read::users::get(log, user).await?;
        let is_gone = row.is_none();
        let acted = if is_gone {
            read::grants::clients_of(log, user)
                .await?
                .into_iter()
                .collect()
        } else {
            HashSet::new()
        };
        Ok(Self {
            user,
            groups: groups::of(log, snapshot, user, now).await?,
            told: read::streams::told_of(log, user)
                .await?
                .into_iter()
                .collect(),
            is_gone,
            acted,
            verified_email: row
                .map(|row| row.user.details)
                .filter(|details| details.email_verified)
                .and_then(|details| details.email),
        })
    }

    /// Their e-mail address, if it is known to be theirs.
    pub(super) fn verified_email(&self) -> Option<&Email> {
        self.verified_email.as_ref()
    }

    /// All groups of the person, nesting followed.
    pub(super) fn groups(&self) -> &BTreeSet<GroupId> {
        &self.groups
    }

    /// Whether a stream hears of the person.
    pub(super) fn is_by(&self, snapshot: &Snapshot, entry: &StreamEntry) -> bool {
        let stream = &entry.stream;
        let wanted = match self.told.get(&stream.id) {
            Some(told) => *told,
            None => stream.settings.default_subjects == DefaultSubjects::All,
        };
        wanted && self.may_use(snapshot, &stream.client)
    }

    fn may_use(&self, snapshot: &Snapshot, client: &ClientId) -> bool {
        let Some(entry) = snapshot.client(client.as_str()) else {
            return false;
        };
        let settings = &entry.client.settings;
        // Nobody signs in to a client that acts for itself: who gave it a stream meant everybody.
        if !settings.may(GrantType::AuthorizationCode) {
            return true;
        }
        if self.is_gone {
            return self.acted.contains(client);
        }
        let asker = Asker {
            id: client,
            party: settings.party,
        };
        let person = Person {
            id: self.user,
            groups: &self.groups,
        };
        access::may_use(
            asker,
            person,
            snapshot.apis.values().map(|entry| &entry.api),
        )
    }
}
