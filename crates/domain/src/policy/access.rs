//! Who may ask for an API, how far, and which people may have it.
//!
//! The two lists of an API are read differently. Of its *ceilings* the most specific alone counts:
//! the client's own, else its party's, else that for all. Of its *rules* each one adds, and the
//! first one ends "everybody may".

use crate::api::{Api, Ceiling, ClientPolicy, Holder, Principal, SubjectKind};
use crate::value::{ClientId, GroupId, Party, Scope, UserId};
use alloc::collections::BTreeSet;

/// The client that asks.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The client.
    pub id: &'a ClientId,
    /// Whose it is.
    pub party: Party,
}

/// The person for whom a client asks.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// The person.
    pub id: UserId,
    /// All their groups, nesting already followed.
    pub groups: &'a BTreeSet<GroupId>,
}

/// The most this client may ask, or nothing if the API is as good as unknown to it.
///
/// A client that acts for itself always needs a ceiling, since no person's rules bound it.
pub fn ceiling<'a>(api: &'a Api, client: Asker<'_>, subject: SubjectKind) -> Option<&'a Ceiling> {
    if !api.settings.enabled || api.settings.client_policy == ClientPolicy::Deny {
        return None;
    }
    let party = match client.party {
        Party::First => Holder::FirstParty,
        Party::Third => Holder::ThirdParty,
    };
    let from_specific_to_general = [Holder::Client(client.id.clone()), party, Holder::All];
    let declared = from_specific_to_general
        .into_iter()
        .find_map(|holder| api.ceilings.get(&(holder, subject)));
    let allowed_by_default = api.settings.client_policy == ClientPolicy::AllowFirstParty
        && client.party == Party::First
        && subject == SubjectKind::User;
    declared.or_else(|| allowed_by_default.then_some(&Ceiling::All))
}

/// Whether the scope is within the ceiling.
pub fn is_within(scope: &Scope, ceiling: &Ceiling) -> bool {
    match ceiling {
        Ceiling::All => true,
        Ceiling::Scopes(scopes) => scopes.contains(scope.as_str()),
    }
}

/// Whether the rules let this person have the scope. Without rules everybody may, but not what is
/// built in: nobody administers a realm because a rule is missing.
pub fn is_allowed(api: &Api, person: Person<'_>, scope: &Scope) -> bool {
    let speaks_of = |principal: &Principal| match principal {
        Principal::Group(group) => person.groups.contains(group),
        Principal::User(user) => *user == person.id,
    };
    (api.rules.is_empty() && !api.built_in)
        || api.rules.iter().any(|rule| {
            rule.scope.as_ref().is_none_or(|only| only == scope) && speaks_of(&rule.principal)
        })
}

/// Whether this person may use a client at all: whether there is one scope of one API that it could get
/// for them. A client that asks for no API merely signs people in, and everybody may.
pub fn may_use<'a>(
    client: Asker<'_>,
    person: Person<'_>,
    apis: impl IntoIterator<Item = &'a Api>,
) -> bool {
    let mut asks = false;
    for api in apis.into_iter().filter(|api| !api.built_in) {
        let Some(ceiling) = ceiling(api, client, SubjectKind::User) else {
            continue;
        };
        let mut scopes = api.scopes.keys().filter(|scope| is_within(scope, ceiling));
        asks = true;
        if scopes.any(|scope| is_allowed(api, person, scope)) {
            return true;
        }
    }
    !asks
}

#[cfg(test)]
mod tests {
    use super::super::scope::tests::{PHOTOS, api, set};
    use super::*;

    fn asked(api: &Api, party: Party) -> Option<&Ceiling> {
        let id = ClientId::parse("cli").unwrap();
        ceiling(api, Asker { id: &id, party }, SubjectKind::User)
    }

    fn only(scopes: &str) -> Ceiling {
        Ceiling::Scopes(set(scopes))
    }

    #[test]
    fn the_most_specific_ceiling_wins_though_it_be_narrower() {
        let mut api = api(PHOTOS, "a b");
        api.settings.client_policy = ClientPolicy::RequireGrant;
        let mut declare = |holder, scopes| {
            api.ceilings
                .insert((holder, SubjectKind::User), only(scopes));
            asked(&api, Party::Third).cloned()
        };
        assert_eq!(declare(Holder::FirstParty, "a b"), None);
        assert_eq!(declare(Holder::All, "a b"), Some(only("a b")));
        assert_eq!(declare(Holder::ThirdParty, "a"), Some(only("a")));
        let cli = Holder::Client(ClientId::parse("cli").unwrap());
        assert_eq!(declare(cli, ""), Some(only("")));
    }

    #[test]
    fn without_a_ceiling_only_a_first_party_is_let_in_and_only_by_policy() {
        let mut api = api(PHOTOS, "a");
        assert_eq!(asked(&api, Party::First), Some(&Ceiling::All));
        assert_eq!(asked(&api, Party::Third), None);
        api.settings.client_policy = ClientPolicy::RequireGrant;
        assert_eq!(asked(&api, Party::First), None);
    }

    #[test]
    fn a_policy_of_deny_and_a_disabled_api_overrule_ceilings() {
        let mut api = api(PHOTOS, "a");
        api.ceilings
            .insert((Holder::All, SubjectKind::User), Ceiling::All);
        api.settings.client_policy = ClientPolicy::Deny;
        assert_eq!(asked(&api, Party::First), None);
        api.settings.client_policy = ClientPolicy::AllowFirstParty;
        assert_eq!(asked(&api, Party::Third), Some(&Ceiling::All));
        api.settings.enabled = false;
        assert_eq!(asked(&api, Party::Third), None);
    }

    #[test]
    fn a_ceiling_for_people_says_nothing_about_the_client_itself() {
        let mut api = api(PHOTOS, "a");
        api.ceilings
            .insert((Holder::All, SubjectKind::User), Ceiling::All);
        let id = ClientId::parse("cli").unwrap();
        let client = Asker {
            id: &id,
            party: Party::First,
        };
        assert_eq!(ceiling(&api, client, SubjectKind::Client), None);
    }
}
