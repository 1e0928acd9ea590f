use std::collections::BTreeSet;

use domain::api::{Api, Ceiling, ClientPolicy, Holder, Principal, Rule, SubjectKind};
use domain::powers::{Administration, Powers, keep_an_administrator};
use domain::refusal::Refusal;

use crate::support::{api, client, group_id, rule_id, scope, set, user_id};

/// Group 1 holds everything, group 2 reads users; group 3 is inside 1, group 4 inside 2.
fn administration() -> Administration {
    let rule = |n, scope, group| Rule {
        id: rule_id(n),
        scope,
        principal: Principal::Group(group_id(group)),
    };
    let mut api: Api = api("users.read users.write");
    api.rules = vec![rule(1, None, 1), rule(2, Some(scope("users.read")), 2)];
    let nesting = vec![(group_id(1), group_id(3)), (group_id(2), group_id(4))];
    Administration { api, nesting }
}

#[test]
fn powers_follow_rules_and_nesting() {
    let realm = administration();
    assert_eq!(realm.of_group(group_id(1)), set("users.read users.write"));
    assert_eq!(realm.of_group(group_id(3)), set("users.read users.write"));
    assert_eq!(realm.of_group(group_id(4)), set("users.read"));
    assert_eq!(realm.of_group(group_id(5)), set(""));
    assert_eq!(
        realm.of_user(user_id(1), &[group_id(4), group_id(5)]),
        set("users.read")
    );
    assert_eq!(
        realm.full_groups(),
        BTreeSet::from([group_id(1), group_id(3)])
    );
}

#[test]
fn rules_add_up_to_every_power() {
    let mut realm = administration();
    let mut allow = |n, name, principal| {
        realm.api.rules.push(Rule {
            id: rule_id(n),
            scope: Some(scope(name)),
            principal,
        });
    };
    // Group 2 and those in it; user 1 by two rules, user 2 by one.
    allow(3, "users.write", Principal::Group(group_id(2)));
    allow(4, "users.read", Principal::User(user_id(1)));
    allow(5, "users.write", Principal::User(user_id(1)));
    allow(6, "users.write", Principal::User(user_id(2)));
    let full = BTreeSet::from([1, 2, 3, 4].map(group_id));
    assert_eq!(realm.full_groups(), full);
    assert_eq!(realm.full_users(), BTreeSet::from([user_id(1)]));
    // What a group around gives counts, too.
    realm.api.rules[2].principal = Principal::Group(group_id(5));
    let full = BTreeSet::from([1, 3].map(group_id));
    assert_eq!(realm.full_groups(), full);
    realm.nesting.push((group_id(5), group_id(2)));
    let full = BTreeSet::from([1, 2, 3, 4].map(group_id));
    assert_eq!(realm.full_groups(), full);
}

#[test]
fn a_client_carries_what_its_ceilings_let_it_use() {
    let mut realm = administration();
    realm.api.settings.client_policy = ClientPolicy::RequireGrant;
    let demo = client();
    assert!(!realm.of_client(&demo).contains("users.read"));
    let ceiling = Ceiling::Scopes(set("users.read"));
    realm.api.ceilings.insert(
        (Holder::Client(demo.id.clone()), SubjectKind::Client),
        ceiling,
    );
    assert_eq!(realm.of_client(&demo), set("users.read"));
    realm
        .api
        .ceilings
        .insert((Holder::All, SubjectKind::User), Ceiling::All);
    assert_eq!(realm.of_client(&demo), set("users.read users.write"));
}

#[test]
fn nobody_grants_what_they_do_not_hold() {
    let held = Powers::Scopes(set("users.read"));
    assert_eq!(held.must_hold(&set("users.read")), Ok(()));
    let refused = held.must_hold(&set("users.read users.write"));
    assert_eq!(refused, Err(Refusal::NeedsPowers("users.write".to_owned())));
    assert_eq!(Powers::All.must_hold(&set("users.write")), Ok(()));
}

#[test]
fn the_last_administrator_cannot_be_removed() {
    let one = BTreeSet::from([user_id(1)]);
    assert_eq!(
        keep_an_administrator(&one, &BTreeSet::new()),
        Err(Refusal::LastAdministrator)
    );
    assert_eq!(
        keep_an_administrator(&one, &BTreeSet::from([user_id(2)])),
        Ok(())
    );
    assert_eq!(
        keep_an_administrator(&BTreeSet::new(), &BTreeSet::new()),
        Ok(())
    );
}
