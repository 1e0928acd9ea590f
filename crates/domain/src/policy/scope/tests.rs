//! The realm of the demo, case by case.

use super::*;
use crate::api::{Holder, Principal, Rule};
use crate::value::{ClientId, GroupId, Party, RuleId, UserId};
use alloc::{collections::BTreeSet, format, string::String, vec};
use uuid::Uuid;

pub(in super::super) const PHOTOS: ApiId = ApiId::new(Uuid::from_u128(1));
pub(super) const FILES: ApiId = ApiId::new(Uuid::from_u128(2));
pub(super) const PHOTOS_GROUP: GroupId = GroupId::new(Uuid::from_u128(11));
pub(super) const FILES_GROUP: GroupId = GroupId::new(Uuid::from_u128(12));
const USER: UserId = UserId::new(Uuid::from_u128(21));

pub(in super::super) fn set(text: &str) -> ScopeSet {
    ScopeSet::parse(text).unwrap()
}

pub(super) fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

/// An API with these scopes, open to first-party clients and to everybody.
pub(in super::super) fn api(id: ApiId, scopes: &str) -> Api {
    let name = if id == PHOTOS { "photos" } else { "files" };
    let settings = format!(r#"{{"identifier":"https://{name}.example/","name":"{name}"}}"#);
    Api {
        id,
        settings: serde_json::from_str(&settings).unwrap(),
        scopes: set(scopes)
            .iter()
            .map(|scope| (scope.clone(), String::new()))
            .collect(),
        ceilings: BTreeMap::new(),
        rules: Vec::new(),
        has_credential: false,
        built_in: false,
    }
}

pub(super) fn rule(scope: Option<Scope>, group: GroupId) -> Rule {
    Rule {
        id: RuleId::new(Uuid::nil()),
        scope,
        principal: Principal::Group(group),
    }
}

/// Two APIs, each open to its group; a third party that may read photos; a machine for both.
fn realm() -> [Api; 2] {
    let mut photos = api(PHOTOS, "photos:read photos:write");
    let mut files = api(FILES, "files:read files:write");
    photos.rules = vec![rule(None, PHOTOS_GROUP)];
    files.rules = vec![rule(None, FILES_GROUP)];
    let client = |id| Holder::Client(ClientId::parse(id).unwrap());
    photos.ceilings.insert(
        (client("demo-third-party"), SubjectKind::User),
        Ceiling::Scopes(set("photos:read")),
    );
    for api in [&mut photos, &mut files] {
        let machine = (client("demo-machine"), SubjectKind::Client);
        api.ceilings.insert(machine, Ceiling::All);
    }
    [photos, files]
}

/// Asks, and tells the answer in one line: scopes issued, or the refusal.
pub(super) struct Ask<'a> {
    pub(super) realm: &'a [Api; 2],
    pub(super) client: &'a str,
    pub(super) groups: Option<&'a [GroupId]>,
    pub(super) resources: &'a [Option<ApiId>],
    pub(super) scopes: Option<&'a str>,
    pub(super) consented: Option<Granted>,
}

impl<'a> Ask<'a> {
    /// For a person who is in both groups, by a first-party client.
    pub(super) fn of(realm: &'a [Api; 2]) -> Self {
        Self {
            realm,
            client: "demo-cli",
            groups: Some(&[PHOTOS_GROUP, FILES_GROUP]),
            resources: &[],
            scopes: None,
            consented: None,
        }
    }

    pub(super) fn decide(&self) -> Result<Issued, Refusal> {
        let id = ClientId::parse(self.client).unwrap();
        let groups: Option<BTreeSet<_>> = self.groups.map(|g| g.iter().copied().collect());
        let scopes = self.scopes.map(set);
        let party = if self.client == "demo-third-party" {
            Party::Third
        } else {
            Party::First
        };
        let find = |id| self.realm.iter().find(|api| api.id == id);
        decide(&Request {
            client: Asker { id: &id, party },
            person: groups.as_ref().map(|groups| Person { id: USER, groups }),
            apis: if self.resources.is_empty() {
                Apis::OfScopes(self.realm.iter().collect())
            } else {
                Apis::Named(self.resources.iter().map(|id| id.and_then(find)).collect())
            },
            scopes: scopes.as_ref(),
            consented: self.consented.as_ref(),
        })
    }

    fn issued(&self) -> String {
        match self.decide() {
            Ok(issued) => format!("{}", issued.granted.all()),
            Err(refusal) => format!("refused: {refusal:?}"),
        }
    }

    fn refusal(&self) -> Refusal {
        self.decide().unwrap_err()
    }
}

#[test]
fn an_api_gives_its_own_scopes_only() {
    let realm = realm();
    let ask = Ask {
        resources: &[Some(PHOTOS)],
        scopes: Some("photos:read openid"),
        ..Ask::of(&realm)
    };
    assert_eq!(ask.issued(), "openid photos:read");
    let granted = ask.decide().unwrap().granted;
    assert_eq!(granted.apis[&PHOTOS], set("photos:read"));
    assert_eq!(granted.oidc, set("openid"));
}

#[test]
fn several_apis_each_get_theirs() {
    let realm = realm();
    let ask = Ask {
        resources: &[Some(PHOTOS), Some(FILES)],
        scopes: Some("photos:read files:write"),
        ..Ask::of(&realm)
    };
    let granted = ask.decide().unwrap().granted;
    assert_eq!(granted.apis[&PHOTOS], set("photos:read"));
    assert_eq!(granted.apis[&FILES], set("files:write"));
}

#[test]
fn without_a_resource_scopes_find_their_api() {
    let realm = realm();
    let ask = Ask {
        scopes: Some("photos:read files:read"),
        ..Ask::of(&realm)
    };
    let granted = ask.decide().unwrap().granted;
    assert_eq!(granted.apis[&PHOTOS], set("photos:read"));
    assert_eq!(granted.apis[&FILES], set("files:read"));
}

#[test]
fn a_person_outside_the_group_is_refused_whatever_openid_scopes_remain() {
    let realm = realm();
    let ask = Ask {
        groups: Some(&[FILES_GROUP]),
        scopes: Some("openid photos:read"),
        ..Ask::of(&realm)
    };
    let expected = Dropped {
        api: Some(PHOTOS),
        scope: scope("photos:read"),
        by: DroppedBy::AccessRule,
    };
    assert_eq!(ask.refusal(), Refusal::AccessDenied(vec![expected]));
}

#[test]
fn an_api_left_empty_is_dropped_while_another_remains() {
    let realm = realm();
    let ask = Ask {
        groups: Some(&[FILES_GROUP]),
        resources: &[Some(PHOTOS), Some(FILES)],
        scopes: Some("photos:read files:read"),
        ..Ask::of(&realm)
    };
    assert_eq!(ask.issued(), "files:read");
}

#[test]
fn what_is_beyond_the_ceiling_is_dropped_and_told() {
    let realm = realm();
    let ask = Ask {
        client: "demo-third-party",
        scopes: Some("photos:read photos:write files:write"),
        ..Ask::of(&realm)
    };
    let issued = ask.decide().unwrap();
    assert_eq!(issued.granted.all(), set("photos:read"));
    let dropped: Vec<_> = issued
        .dropped
        .iter()
        .map(|d| (d.scope.as_str(), d.by))
        .collect();
    assert_eq!(
        dropped,
        [
            ("photos:write", DroppedBy::ClientCeiling),
            ("files:write", DroppedBy::ClientCeiling),
        ]
    );
}

#[test]
fn a_client_cannot_tell_an_unknown_api_from_one_it_may_not_use() {
    let mut realm = realm();
    let target = |realm: &[Api; 2], resources: &[Option<ApiId>]| {
        Ask {
            client: "demo-third-party",
            resources,
            scopes: Some("photos:read"),
            ..Ask::of(realm)
        }
        .refusal()
    };
    assert_eq!(target(&realm, &[None]), Refusal::Target);
    assert_eq!(target(&realm, &[Some(FILES)]), Refusal::Target);
    assert_eq!(
        target(&realm, &[Some(PHOTOS), Some(FILES)]),
        Refusal::Target
    );
    assert_eq!(target(&realm, &[Some(PHOTOS), None]), Refusal::Target);
    realm[0].settings.enabled = false;
    assert_eq!(target(&realm, &[Some(PHOTOS)]), Refusal::Target);
}

#[test]
fn a_resource_of_which_nothing_is_asked_is_an_invalid_target() {
    let realm = realm();
    let ask = Ask {
        resources: &[Some(PHOTOS)],
        scopes: Some("openid"),
        ..Ask::of(&realm)
    };
    assert_eq!(ask.refusal(), Refusal::Target);
}

#[test]
fn no_scope_parameter_means_all_of_the_named_api() {
    let realm = realm();
    let ask = Ask {
        client: "demo-third-party",
        resources: &[Some(PHOTOS)],
        ..Ask::of(&realm)
    };
    assert_eq!(ask.issued(), "photos:read");
    assert_eq!(Ask::of(&realm).refusal(), Refusal::NothingRequested);
}

#[test]
fn a_scope_nobody_defines_is_refused() {
    let realm = realm();
    let ask = Ask {
        scopes: Some("openid photos:delete"),
        ..Ask::of(&realm)
    };
    assert_eq!(ask.refusal(), Refusal::UnknownScope(scope("photos:delete")));
    let of_another_api = Ask {
        resources: &[Some(PHOTOS)],
        scopes: Some("photos:read files:read"),
        ..Ask::of(&realm)
    };
    assert_eq!(
        of_another_api.refusal(),
        Refusal::UnknownScope(scope("files:read"))
    );
}

#[test]
fn a_scope_of_two_apis_needs_a_resource() {
    let mut realm = realm();
    for api in &mut realm {
        api.scopes.insert(scope("read"), String::new());
    }
    let ask = Ask {
        scopes: Some("read"),
        ..Ask::of(&realm)
    };
    assert_eq!(ask.refusal(), Refusal::AmbiguousScope(scope("read")));
    let named = Ask {
        resources: &[Some(FILES)],
        ..ask
    };
    assert_eq!(named.issued(), "read");
}

#[test]
fn consent_takes_single_scopes_away() {
    let realm = realm();
    let consented = |scopes: &str, oidc: &str| {
        Some(Granted {
            apis: [(PHOTOS, set(scopes))].into(),
            oidc: set(oidc),
        })
    };
    let ask = Ask {
        scopes: Some("openid email photos:read photos:write"),
        consented: consented("photos:read", "openid"),
        ..Ask::of(&realm)
    };
    assert_eq!(ask.issued(), "openid photos:read");
    let all_refused = Ask {
        consented: consented("", "openid email"),
        ..ask
    };
    assert!(matches!(all_refused.refusal(), Refusal::AccessDenied(_)));
}

#[test]
fn scope_comes_back_at_refresh_but_never_above_the_grant() {
    let realm = realm();
    let refresh = |groups: &[GroupId]| {
        Ask {
            groups: Some(groups),
            resources: &[Some(PHOTOS)],
            scopes: Some("photos:read photos:write"),
            consented: Some(Granted {
                apis: [(PHOTOS, set("photos:read"))].into(),
                oidc: ScopeSet::EMPTY,
            }),
            ..Ask::of(&realm)
        }
        .issued()
    };
    assert_eq!(refresh(&[PHOTOS_GROUP]), "photos:read");
    assert!(refresh(&[]).starts_with("refused: AccessDenied"));
    assert_eq!(refresh(&[PHOTOS_GROUP]), "photos:read");
}

#[test]
fn a_client_that_acts_for_itself_is_bound_by_its_ceiling_alone() {
    let realm = realm();
    let machine = Ask {
        client: "demo-machine",
        groups: None,
        resources: &[Some(FILES)],
        scopes: Some("files:write"),
        ..Ask::of(&realm)
    };
    assert_eq!(machine.issued(), "files:write");
    let without_ceiling = Ask {
        client: "demo-cli",
        ..machine
    };
    assert_eq!(without_ceiling.refusal(), Refusal::Target);
    let openid = Ask {
        scopes: Some("openid files:read"),
        client: "demo-machine",
        ..without_ceiling
    };
    assert_eq!(openid.refusal(), Refusal::NeedsPerson(scope("openid")));
}

#[test]
fn a_rule_for_one_scope_opens_that_scope_only() {
    let mut realm = realm();
    realm[0].rules = vec![rule(Some(scope("photos:write")), PHOTOS_GROUP)];
    let ask = Ask {
        scopes: Some("photos:read photos:write"),
        ..Ask::of(&realm)
    };
    assert_eq!(ask.issued(), "photos:write");
    realm[0].rules.clear();
    let everybody = Ask {
        groups: Some(&[]),
        scopes: Some("photos:read photos:write"),
        ..Ask::of(&realm)
    };
    assert_eq!(everybody.issued(), "photos:read photos:write");
}

#[test]
fn a_scope_of_another_api_is_left_out_and_one_of_no_api_stays_to_be_refused() {
    let photos = api(PHOTOS, "photos:read photos:write");
    let files = api(FILES, "files:read");
    let asked = set("openid photos:read files:read nonsense");
    let understood = understood(&asked, &[Some(&photos)], &[&photos, &files].into_iter());
    assert_eq!(understood, set("openid photos:read nonsense"));
}
