//! What the directory should be after some commands, without a log and without SQL.

use std::collections::{BTreeMap, BTreeSet};

use chancery::read;
use domain::refusal::Refusal;
use domain::value::{GroupId, Timestamp, UserId};

use super::step::Step;
use crate::support::TestApp;

/// The directory.
#[derive(Debug, Default)]
pub(super) struct Model {
    users: BTreeMap<UserId, User>,
    deleted: BTreeSet<UserId>,
    groups: BTreeMap<GroupId, &'static str>,
    nestings: BTreeSet<(GroupId, GroupId)>,
    /// When each ends.
    members: BTreeMap<(GroupId, UserId), Option<Timestamp>>,
    clients: BTreeSet<&'static str>,
    consents: BTreeSet<(UserId, &'static str)>,
}

#[derive(Debug)]
struct User {
    name: &'static str,
    enabled: bool,
    /// When each session ends.
    sessions: Vec<Timestamp>,
}

impl Model {
    /// What should become of a step at this time.
    pub(super) fn take(&mut self, step: &Step, now: Timestamp) -> Result<(), Refusal> {
        match *step {
            Step::CreateUser(id, name) => {
                self.user_name_is_free(name, None)?;
                let user = User {
                    name,
                    enabled: true,
                    sessions: Vec::new(),
                };
                self.users.insert(id, user);
            }
            Step::RenameUser(id, name) => {
                self.user(id)?;
                self.user_name_is_free(name, Some(id))?;
                self.user(id)?.name = name;
            }
            Step::DisableUser(id) => {
                let user = self.user(id)?;
                user.enabled = false;
                user.sessions.clear();
            }
            Step::EnableUser(id) => self.user(id)?.enabled = true,
            Step::DeleteUser(id) => {
                self.user(id)?;
                self.users.remove(&id);
                self.members.retain(|(_, user), _| *user != id);
                self.consents.retain(|(user, _)| *user != id);
                self.deleted.insert(id);
            }
            Step::EraseUser(id) if self.users.contains_key(&id) => {
                return Err(Refusal::NotDeleted);
            }
            Step::EraseUser(id) => {
                found(self.deleted.remove(&id), "user")?;
            }
            Step::CreateGroup(id, name) => {
                self.group_name_is_free(name, None)?;
                self.groups.insert(id, name);
            }
            Step::RenameGroup(id, name) => {
                self.group(id)?;
                self.group_name_is_free(name, Some(id))?;
                self.groups.insert(id, name);
            }
            Step::DeleteGroup(id) => {
                self.group(id)?;
                self.groups.remove(&id);
                self.nestings
                    .retain(|(parent, child)| *parent != id && *child != id);
                self.members.retain(|(group, _), _| *group != id);
            }
            Step::Nest(parent, child) => {
                self.group(parent)?;
                self.group(child)?;
                if self.contains(child, parent) {
                    return Err(Refusal::NestingCycle);
                }
                self.nestings.insert((parent, child));
            }
            Step::Unnest(parent, child) => {
                found(self.nestings.remove(&(parent, child)), "nesting")?;
            }
            Step::Add(group, user, hours) => {
                self.group(group)?;
                self.user(user)?;
                let expires = hours.map(|hours| now.plus(hours * 3600));
                self.members.insert((group, user), expires);
            }
            Step::Remove(group, user) => {
                let removed = self.members.remove(&(group, user));
                found(removed.is_some(), "membership")?;
            }
            Step::CreateClient(name) => {
                if !self.clients.insert(name) {
                    return Err(Refusal::Taken("client id"));
                }
            }
            Step::DeleteClient(name) => {
                found(self.clients.remove(name), "client")?;
                self.consents.retain(|(_, client)| *client != name);
            }
            Step::Consent(user, client) => {
                if !self.user(user)?.enabled {
                    return Err(Refusal::UserDisabled);
                }
                found(self.clients.contains(client), "client")?;
                self.consents.insert((user, client));
            }
            Step::Withdraw(user, client) => {
                self.consents.remove(&(user, client));
            }
            Step::SignIn(id) => {
                let user = self.user(id)?;
                if !user.enabled {
                    return Err(Refusal::UserDisabled);
                }
                user.sessions.push(now.plus(24 * 3600));
            }
            Step::SignOut(id) => {
                if let Some(user) = self.users.get_mut(&id) {
                    user.sessions.clear();
                }
            }
            Step::Pass(hours) => {
                let now = now.plus(hours * 3600);
                self.members
                    .retain(|_, expires| expires.is_none_or(|at| at > now));
                for user in self.users.values_mut() {
                    user.sessions.retain(|ends| *ends > now);
                }
            }
        }
        Ok(())
    }

    /// Fails unless the tables say the same.
    pub(super) async fn is_the_state_of(&self, app: &TestApp) {
        let log = &app.log;
        let rows = read::users::page(log, "", 100).await.unwrap();
        let users = rows.iter().map(|row| {
            let name = row.user.details.username.as_str();
            (row.user.id, name, row.user.enabled)
        });
        let expected = self.users.iter();
        let expected = expected.map(|(id, user)| (*id, user.name, user.enabled));
        assert_eq!(users.collect::<BTreeSet<_>>(), expected.collect());

        let rows = read::groups::page(log, "", 100).await.unwrap();
        let groups = rows
            .iter()
            .filter(|(group, _)| group.name != "administrators")
            .map(|(group, _)| (group.id, group.name.as_str()));
        let expected = self.groups.iter().map(|(id, name)| (*id, *name));
        assert_eq!(groups.collect::<BTreeSet<_>>(), expected.collect());

        let nestings = read::groups::nestings(log).await.unwrap();
        assert_eq!(nestings.into_iter().collect::<BTreeSet<_>>(), self.nestings);

        let mut members = BTreeMap::new();
        for group in self.groups.keys() {
            for (member, _) in read::groups::members_page(log, *group, "", 100)
                .await
                .unwrap()
            {
                members.insert((member.group, member.user), member.expires);
            }
        }
        assert_eq!(members, self.members);

        let rows = read::clients::all(log).await.unwrap();
        let clients = rows.iter().map(|(client, _)| client.id.as_str());
        assert_eq!(clients.collect::<BTreeSet<_>>(), self.clients);

        for (id, user) in &self.users {
            let live = read::sessions::of_user(log, *id).await.unwrap();
            assert_eq!(live.len(), user.sessions.len(), "sessions of {}", user.name);
            let consents = read::grants::consents_of(log, *id).await.unwrap();
            let consents = consents
                .iter()
                .filter(|(consent, ..)| !consent.granted.all().is_empty())
                .map(|(consent, ..)| (*id, consent.client.as_str()));
            let expected = self.consents.iter().filter(|(user, _)| user == id);
            assert_eq!(
                consents.collect::<BTreeSet<_>>(),
                expected.copied().collect()
            );
        }
    }

    fn user(&mut self, id: UserId) -> Result<&mut User, Refusal> {
        self.users.get_mut(&id).ok_or(Refusal::NotFound("user"))
    }

    fn group(&self, id: GroupId) -> Result<(), Refusal> {
        found(self.groups.contains_key(&id), "group")
    }

    fn user_name_is_free(&self, name: &str, but: Option<UserId>) -> Result<(), Refusal> {
        let mut others = self.users.iter().filter(|(id, _)| Some(**id) != but);
        if others.any(|(_, user)| user.name == name) {
            Err(Refusal::Taken("username"))
        } else {
            Ok(())
        }
    }

    fn group_name_is_free(&self, name: &str, but: Option<GroupId>) -> Result<(), Refusal> {
        let mut others = self.groups.iter().filter(|(id, _)| Some(**id) != but);
        if others.any(|(_, other)| *other == name) {
            Err(Refusal::Taken("group name"))
        } else {
            Ok(())
        }
    }

    /// Whether members of `inner` are members of `outer`.
    fn contains(&self, outer: GroupId, inner: GroupId) -> bool {
        let mut around = self.nestings.iter().filter(|(_, child)| *child == inner);
        outer == inner || around.any(|(parent, _)| self.contains(outer, *parent))
    }
}

fn found(is_there: bool, what: &'static str) -> Result<(), Refusal> {
    is_there.then_some(()).ok_or(Refusal::NotFound(what))
}
