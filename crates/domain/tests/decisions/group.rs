use domain::event::Event;
use domain::group::{self, Membership, Nesting};
use domain::refusal::Refusal;

use crate::support::{at, group, group_id, kinds, user, user_id};

fn membership(expires: Option<i64>) -> Membership {
    Membership {
        group: group_id(1),
        user: user_id(1),
        expires: expires.map(at),
    }
}

#[test]
fn a_member_is_added_once() {
    let (photos, alice) = (group(1), user("alice"));
    let added = group::add_member(&photos, &alice, None, None, at(0)).unwrap();
    assert_eq!(kinds(&added), ["group.member_added"]);
    assert_eq!(
        added[0].event.subject().as_str(),
        format!("membership/{}/{}", photos.id, alice.id)
    );
    let again = group::add_member(&photos, &alice, Some(&membership(None)), None, at(0)).unwrap();
    assert!(again.is_empty());
}

#[test]
fn a_membership_is_given_another_end() {
    let current = membership(Some(100));
    let changed = group::add_member(
        &group(1),
        &user("alice"),
        Some(&current),
        Some(at(200)),
        at(0),
    );
    assert_eq!(kinds(&changed.unwrap()), ["group.member_added"]);
}

#[test]
fn a_membership_cannot_end_before_it_begins() {
    let refused = group::add_member(&group(1), &user("alice"), None, Some(at(5)), at(5));
    assert_eq!(refused, Err(Refusal::AlreadyExpired));
}

#[test]
fn groups_never_contain_each_other() {
    let nesting = Nesting(vec![(group_id(1), group_id(2)), (group_id(2), group_id(3))]);
    assert_eq!(
        group::nest(&nesting, &group(3), &group(1)),
        Err(Refusal::NestingCycle)
    );
    assert_eq!(
        group::nest(&nesting, &group(1), &group(1)),
        Err(Refusal::NestingCycle)
    );
    assert!(
        group::nest(&nesting, &group(1), &group(2))
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        kinds(&group::nest(&nesting, &group(1), &group(3)).unwrap()),
        ["group.nested"]
    );
}

#[test]
fn every_nesting_of_a_deleted_group_is_told() {
    let nesting = Nesting(vec![
        (group_id(1), group_id(2)),
        (group_id(3), group_id(1)),
        (group_id(3), group_id(2)),
    ]);
    let changes = group::delete(&group(1), &nesting);
    assert_eq!(
        kinds(&changes),
        ["group.unnested", "group.unnested", "group.deleted"]
    );
    assert!(matches!(changes[2].event, Event::GroupDeleted { group } if group == group_id(1)));
}

#[test]
fn only_what_is_nested_is_unnested() {
    let refused = group::unnest(&Nesting::default(), group_id(1), group_id(2));
    assert_eq!(refused, Err(Refusal::NotFound("nesting")));
}
