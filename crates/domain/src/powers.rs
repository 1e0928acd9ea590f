//! Nobody grants what they do not hold: administrative powers, and who would gain or lose them.
//!
//! A power is a scope of the admin API. A person holds those that its rules allow them; a client
//! holds those that its ceiling lets it ask for. Whoever makes, widens or takes over something that
//! carries powers must hold at least these.

use alloc::{collections::BTreeSet, vec::Vec};

use crate::api::{Api, Ceiling, ClientPolicy, Holder, Principal, SubjectKind};
use crate::client::Client;
use crate::policy::access::{self, Asker};
use crate::policy::nesting;
use crate::refusal::Refusal;
use crate::value::{GroupId, ScopeSet, UserId};

/// What the one who commands may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Powers {
    /// The operator at the machine itself, or the program: everything.
    All,
    /// The admin API's scopes of the token in use.
    Scopes(ScopeSet),
}

impl Powers {
    /// Refuses unless all of `needed` is held.
    pub fn must_hold(&self, needed: &ScopeSet) -> Result<(), Refusal> {
        match self {
            Self::All => Ok(()),
            Self::Scopes(held) if needed.is_subset(held) => Ok(()),
            Self::Scopes(held) => {
                let missing = needed
                    .iter()
                    .filter(|scope| !held.contains(scope.as_str()))
                    .cloned()
                    .collect::<ScopeSet>();
                Err(Refusal::NeedsPowers(alloc::format!("{missing}")))
            }
        }
    }
}

/// Everything that decides who may administer the realm.
#[derive(Debug, Clone)]
pub struct Administration {
    /// The admin API.
    pub api: Api,
    /// All nestings: (parent, child).
    pub nesting: Vec<(GroupId, GroupId)>,
}

impl Administration {
    /// The scopes that rules give to these principals.
    fn by_rules(&self, allowed: impl Fn(&Principal) -> bool) -> ScopeSet {
        let mut scopes = ScopeSet::default();
        for rule in self
            .api
            .rules
            .iter()
            .filter(|rule| allowed(&rule.principal))
        {
            match &rule.scope {
                None => return self.every_scope(),
                Some(scope) => scopes = scopes.union(&core::iter::once(scope.clone()).collect()),
            }
        }
        scopes
    }

    /// All scopes of the admin API.
    pub fn every_scope(&self) -> ScopeSet {
        self.api.scopes.keys().cloned().collect()
    }

    /// The powers that membership of a group gives, by its own rules and those of groups around it.
    pub fn of_group(&self, group: GroupId) -> ScopeSet {
        let around = nesting::ancestors(&self.nesting, &[group]);
        self.by_rules(|principal| matches!(principal, Principal::Group(id) if around.contains(id)))
    }

    /// The powers of a user with these direct memberships.
    pub fn of_user(&self, user: UserId, direct: &[GroupId]) -> ScopeSet {
        let groups = nesting::ancestors(&self.nesting, direct);
        self.by_rules(|principal| match principal {
            Principal::Group(id) => groups.contains(id),
            Principal::User(id) => *id == user,
        })
    }

    /// The powers that a client can use, for itself or for whoever signs in at it. That the client is
    /// disabled makes no difference: it can be enabled.
    pub fn of_client(&self, client: &Client) -> ScopeSet {
        let asker = Asker {
            id: &client.id,
            party: client.settings.party,
        };
        [SubjectKind::User, SubjectKind::Client]
            .into_iter()
            .filter_map(|subject| access::ceiling(&self.api, asker, subject))
            .fold(ScopeSet::EMPTY, |powers, ceiling| {
                powers.union(&self.of_ceiling(ceiling))
            })
    }

    /// The powers at stake where a ceiling is set or taken away: those it gives now, and those that
    /// its clients have without it, since a ceiling may also be narrower than that of their class.
    pub fn of_place(&self, holder: &Holder, subject: SubjectKind) -> ScopeSet {
        let api = &self.api;
        if subject == SubjectKind::User
            && api.settings.client_policy == ClientPolicy::AllowFirstParty
        {
            return self.every_scope();
        }
        let classes = [Holder::FirstParty, Holder::ThirdParty, Holder::All];
        core::iter::once(holder)
            .chain(&classes)
            .filter_map(|holder| api.ceilings.get(&(holder.clone(), subject)))
            .fold(ScopeSet::EMPTY, |powers, ceiling| {
                powers.union(&self.of_ceiling(ceiling))
            })
    }

    /// The powers that a ceiling at the admin API gives.
    pub fn of_ceiling(&self, ceiling: &Ceiling) -> ScopeSet {
        match ceiling {
            Ceiling::All => self.every_scope(),
            Ceiling::Scopes(scopes) => scopes.clone(),
        }
    }

    /// The groups whose members hold every power by that one membership: rules of the group and of
    /// those around it add up.
    pub fn full_groups(&self) -> BTreeSet<GroupId> {
        let named = self.principals().filter_map(|principal| match principal {
            Principal::Group(id) => Some(*id),
            Principal::User(_) => None,
        });
        let mut groups = nesting::descendants(&self.nesting, &named.collect::<Vec<_>>());
        groups.retain(|group| self.is_every(&self.of_group(*group)));
        groups
    }

    /// The users who hold every power by name: rules add up.
    pub fn full_users(&self) -> BTreeSet<UserId> {
        let named = self.principals().filter_map(|principal| match principal {
            Principal::User(id) => Some(*id),
            Principal::Group(_) => None,
        });
        named
            .filter(|user| self.is_every(&self.of_user(*user, &[])))
            .collect()
    }

    fn principals(&self) -> impl Iterator<Item = &Principal> {
        self.api.rules.iter().map(|rule| &rule.principal)
    }

    fn is_every(&self, powers: &ScopeSet) -> bool {
        self.every_scope().is_subset(powers)
    }
}

/// Refuses where a change would leave nobody who can administer the realm.
///
/// `before` and `after` are the people who hold every power without a date of expiry, enabled and
/// able to sign in. A realm that has no administrator yet may go on without one.
pub fn keep_an_administrator(
    before: &BTreeSet<UserId>,
    after: &BTreeSet<UserId>,
) -> Result<(), Refusal> {
    if !before.is_empty() && after.is_empty() {
        return Err(Refusal::LastAdministrator);
    }
    Ok(())
}
