//! Many at once: what may happen side by side does, what may not is refused once.

use chancery::command::groups::{AddMember, CreateGroup, NestGroup};
use chancery::command::sessions::EndSession;
use chancery::command::users::{DeleteUser, DisableUser, EnableUser, SetPassword};
use chancery::execute::{Command, Refused, execute};
use chancery::read::{self, Reading};
use domain::refusal::Refusal;
use domain::session::EndReason;
use domain::user::DisableReason;
use domain::value::{GroupId, GroupName, UserId};
use tokio::task::JoinSet;

use crate::support::{TestApp, on_both_databases, on_postgres};

on_both_databases![
    a_hundred_adds_to_one_group_at_once_all_succeed,
    of_many_groups_of_one_name_one_is_made,
    nesting_decided_on_a_stale_graph_is_decided_again,
    a_sign_in_just_before_a_disabling_leaves_no_session,
    a_sign_in_just_after_a_disabling_is_refused,
    a_sign_in_just_before_a_deletion_leaves_no_session,
    a_membership_just_before_a_deletion_ends_with_it,
    a_sign_in_just_before_a_new_password_leaves_no_session,
    a_member_of_a_large_group_rests_on_as_little_as_the_first,
];

mod nodes {
    use super::two_nodes_nesting_crosswise;
    use super::{a_user_disabled_by_one_node_signs_in_at_none, on_postgres};
    on_postgres![
        two_nodes_nesting_crosswise,
        a_user_disabled_by_one_node_signs_in_at_none,
    ];
}

async fn a_hundred_adds_to_one_group_at_once_all_succeed(app: TestApp) {
    let group = app.group("photos").await;
    let mut users = Vec::new();
    for number in 0..100 {
        users.push(app.user(&format!("user{number}")).await);
    }
    let mut adds = JoinSet::new();
    for user in users {
        let (node, facts) = (app.clone(), app.facts());
        adds.spawn(async move {
            let expires = None;
            execute(
                &node,
                &AddMember {
                    group,
                    user,
                    expires,
                },
                &facts,
            )
            .await
        });
    }
    for added in adds.join_all().await {
        added.unwrap();
    }
    let members = read::groups::members_page(&app.log, group, "", 1000).await;
    assert_eq!(members.unwrap().len(), 100);
    app.is_what_the_log_says().await;
}

async fn of_many_groups_of_one_name_one_is_made(app: TestApp) {
    let mut creations = JoinSet::new();
    for _ in 0..20 {
        let (node, facts) = (app.clone(), app.facts());
        let create = CreateGroup {
            id: GroupId::new(app.new_id()),
            name: GroupName::parse("photos").unwrap(),
        };
        creations.spawn(async move { execute(&node, &create, &facts).await });
    }
    let (made, refused): (Vec<_>, Vec<_>) = creations
        .join_all()
        .await
        .into_iter()
        .partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for refusal in refused {
        assert_refused(refusal, &Refusal::Taken("group name"));
    }
    app.is_what_the_log_says().await;
}

async fn nesting_decided_on_a_stale_graph_is_decided_again(app: TestApp) {
    let (a, b) = (app.group("a").await, app.group("b").await);
    let (there, back) = crosswise(a, b);
    let nested = app.attempt_while(&there, app.run(&back)).await;
    assert_refused(nested, &Refusal::NestingCycle);
}

async fn two_nodes_nesting_crosswise(app: TestApp) {
    let other = app.second_node().await;
    let (a, b) = (app.group("a").await, app.group("b").await);
    let (there, back) = crosswise(a, b);
    let (first, second) = tokio::join!(app.attempt(&there), other.attempt(&back));
    assert!(first.is_ok() != second.is_ok(), "one of the two is refused");
    assert_refused(first.and(second), &Refusal::NestingCycle);
    app.is_what_the_log_says().await;
}

async fn a_sign_in_just_before_a_disabling_leaves_no_session(app: TestApp) {
    let alice = app.user("alice").await;
    app.session(alice).await;
    disable_while_signing_in(&app, &app, alice).await;
}

async fn a_user_disabled_by_one_node_signs_in_at_none(app: TestApp) {
    let other = app.second_node().await;
    let alice = app.user("alice").await;
    disable_while_signing_in(&app, &other, alice).await;
}

async fn disable_while_signing_in(here: &TestApp, there: &TestApp, user: UserId) {
    let signing_in = there.session(user);
    here.attempt_while(&disable(user), signing_in)
        .await
        .unwrap();
    no_session_is_live(here, user).await;
    here.run(&EnableUser { id: user }).await;
    no_session_is_live(here, user).await;
    here.is_what_the_log_says().await;
}

async fn a_sign_in_just_after_a_disabling_is_refused(app: TestApp) {
    let alice = app.user("alice").await;
    let start = app.start_session(alice);
    let disabling = disable(alice);
    let started = app.attempt_while(&start, app.run(&disabling));
    assert_refused(started.await.map(drop), &Refusal::UserDisabled);
    no_session_is_live(&app, alice).await;
}

async fn a_sign_in_just_before_a_deletion_leaves_no_session(app: TestApp) {
    let id = app.user("alice").await;
    let signing_in = app.session(id);
    app.attempt_while(&DeleteUser { id }, signing_in)
        .await
        .unwrap();
    no_session_is_live(&app, id).await;
    app.is_what_the_log_says().await;
}

async fn a_membership_just_before_a_deletion_ends_with_it(app: TestApp) {
    let group = app.group("photos").await;
    let id = app.user("alice").await;
    let adding = app.add(id, group);
    app.attempt_while(&DeleteUser { id }, adding).await.unwrap();
    let left = read::groups::memberships_of(&app.log, id).await.unwrap();
    assert!(left.is_empty());
    app.is_what_the_log_says().await;
}

async fn a_sign_in_just_before_a_new_password_leaves_no_session(app: TestApp) {
    let id = app.user("alice").await;
    let kept = app.session(id).await;
    let set = SetPassword {
        id,
        phc: "$argon2id$another".into(),
        must_change: false,
        keep: Some(kept),
    };
    let signing_in = app.session(id);
    app.attempt_while(&set, signing_in).await.unwrap();
    let live = read::sessions::of_user(&app.log, id).await.unwrap();
    let live: Vec<_> = live.iter().map(|row| row.session.id).collect();
    assert_eq!(live, [kept]);
    let end = EndSession {
        id: kept,
        of: Some(id),
        reason: EndReason::SignedOut,
    };
    app.run(&end).await;
    app.is_what_the_log_says().await;
}

async fn a_member_of_a_large_group_rests_on_as_little_as_the_first(app: TestApp) {
    let (small, large) = (app.group("small").await, app.group("large").await);
    for number in 0..30 {
        app.add(app.user(&format!("user{number}")).await, large)
            .await;
    }
    let alice = app.user("alice").await;
    let mut rests_on = Vec::new();
    for group in [small, large] {
        let add = AddMember {
            group,
            user: alice,
            expires: None,
        };
        let mut reading = Reading::new(&app.log);
        let decision = add.decide(&app.facts(), &mut reading).await.unwrap();
        assert_eq!((decision.changes.len(), decision.rows.len()), (1, 0));
        rests_on.push(reading.into_versions().len());
    }
    assert_eq!(rests_on[0], rests_on[1]);
}

fn disable(id: UserId) -> DisableUser {
    DisableUser {
        id,
        reason: DisableReason::Administrative,
    }
}

fn crosswise(a: GroupId, b: GroupId) -> (NestGroup, NestGroup) {
    let there = NestGroup {
        parent: a,
        child: b,
    };
    let back = NestGroup {
        parent: b,
        child: a,
    };
    (there, back)
}

async fn no_session_is_live(app: &TestApp, user: UserId) {
    let live = read::sessions::of_user(&app.log, user).await.unwrap();
    assert!(live.is_empty(), "{} sessions are live", live.len());
}

/// Fails unless a rule said exactly this.
#[track_caller]
pub(crate) fn assert_refused<T>(result: Result<T, Refused>, expected: &Refusal) {
    match result {
        Err(Refused::Refusal(refusal)) => assert_eq!(refusal, *expected),
        Err(other) => panic!("{other:?} instead of {expected:?}"),
        Ok(_) => panic!("not refused: {expected:?}"),
    }
}
