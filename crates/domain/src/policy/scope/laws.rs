//! Any realm, any request: what is issued is the intersection.

use super::tests::{Ask, FILES, FILES_GROUP, PHOTOS, PHOTOS_GROUP, api, rule, scope};
use super::*;
use crate::api::{ClientPolicy, Holder, Principal};
use crate::value::ClientId;
use alloc::format;
use proptest::prelude::*;

fn scopes_of(names: &[&'static str]) -> impl Strategy<Value = ScopeSet> + use<> {
    proptest::sample::subsequence(names.to_vec(), 0..=names.len())
        .prop_map(|names| names.into_iter().map(scope).collect())
}

fn any_api(id: ApiId, names: &'static [&'static str]) -> impl Strategy<Value = Api> {
    let holder = prop_oneof![
        Just(Holder::Client(ClientId::parse("demo-cli").unwrap())),
        Just(Holder::FirstParty),
        Just(Holder::ThirdParty),
        Just(Holder::All),
    ];
    let max = prop_oneof![
        Just(Ceiling::All),
        scopes_of(names).prop_map(Ceiling::Scopes)
    ];
    let ceiling = (holder.prop_map(|holder| (holder, SubjectKind::User)), max);
    let rule_scope = proptest::option::of(proptest::sample::select(names).prop_map(scope));
    let group = prop_oneof![Just(PHOTOS_GROUP), Just(FILES_GROUP)];
    let rule = (rule_scope, group).prop_map(|(scope, group)| rule(scope, group));
    let policy = prop_oneof![
        3 => Just(ClientPolicy::AllowFirstParty),
        1 => Just(ClientPolicy::RequireGrant),
    ];
    (
        scopes_of(names),
        policy,
        proptest::collection::btree_map(ceiling.0, ceiling.1, 0..4),
        proptest::collection::vec(rule, 0..4),
    )
        .prop_map(move |(scopes, client_policy, ceilings, rules)| {
            let mut api = api(id, &format!("{scopes}"));
            api.settings.client_policy = client_policy;
            Api {
                ceilings,
                rules,
                ..api
            }
        })
}

const ALL_SCOPES: [&str; 6] = [
    "openid",
    "email",
    "photos:read",
    "photos:write",
    "files:read",
    "files:write",
];

proptest! {
    #[test]
    fn issued_is_the_intersection_and_asking_for_it_again_gives_the_same(
        photos in any_api(PHOTOS, &ALL_SCOPES[2..4]),
        files in any_api(FILES, &ALL_SCOPES[4..6]),
        requested in scopes_of(&ALL_SCOPES),
        consented in scopes_of(&ALL_SCOPES),
        in_photos in any::<bool>(),
    ) {
        let realm = [photos, files];
        let groups = if in_photos { [PHOTOS_GROUP] } else { [FILES_GROUP] };
        let consent = Granted {
            apis: realm.iter().map(|api| (api.id, consented.filter(|s| api.scopes.contains_key(s)))).collect(),
            oidc: consented.filter(|s| is_oidc(s.as_str())),
        };
        let asked = format!("{requested}");
        let ask = Ask {
            groups: Some(&groups),
            scopes: Some(&asked),
            consented: Some(consent.clone()),
            ..Ask::of(&realm)
        };
        if let Ok(Issued { granted, dropped }) = ask.decide() {
            prop_assert!(consent.covers(&granted));
            prop_assert!(granted.all().is_subset(&requested));
            // Nothing is lost without being told.
            let told: ScopeSet = dropped.iter().map(|d| d.scope.clone()).collect();
            prop_assert_eq!(granted.all().union(&told), requested);
            prop_assert!(granted.all().intersection(&told).is_empty());
            for (id, scopes) in &granted.apis {
                let api = realm.iter().find(|api| api.id == *id).unwrap();
                prop_assert!(!scopes.is_empty() && scopes.iter().all(|s| api.scopes.contains_key(s)));
                for scope in scopes {
                    let by_rule = api.rules.iter().any(|rule| {
                        rule.scope.as_ref().is_none_or(|s| s == scope) && rule.principal == Principal::Group(groups[0])
                    });
                    prop_assert!(api.rules.is_empty() || by_rule);
                }
            }
            let issued = format!("{}", granted.all());
            let again = Ask { scopes: Some(&issued), consented: Some(granted.clone()), ..ask };
            prop_assert_eq!(again.decide(), Ok(Issued { granted, dropped: Vec::new() }));
        }
    }
}
