//! What time brings about: sessions and memberships end, activity leaves the log, keys change phase.

use chancery::command::groups::AddMember;
use chancery::command::sessions::note_use;
use chancery::keys::ring::{self, Rotate};
use chancery::read;
use chancery::rng::SystemRng;
use domain::signing_key::Phase;
use domain::value::SigningAlg;
use eventlog::Batch;

use super::verify::by_hand;
use crate::support::{TestApp, on_both_databases};

on_both_databases![
    a_session_ends_when_it_was_not_used_for_long,
    a_session_in_use_ends_at_last,
    a_membership_ends_by_itself,
    a_membership_given_more_time_goes_on,
    activity_leaves_the_log_400_days_after_it_ended,
    a_signing_key_is_published_before_it_signs_and_after,
    more_than_one_page_is_due_at_once,
    what_fails_keeps_nothing_else_from_being_done,
];

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

async fn a_session_ends_when_it_was_not_used_for_long(app: TestApp) {
    let alice = app.user("alice").await;
    app.session(alice).await;
    app.pass(DAY - 1).await;
    assert_eq!(live_sessions(&app).await, 1);
    let before = app.log.head().await.unwrap();
    app.pass(1).await;
    assert_eq!(live_sessions(&app).await, 0);
    assert_eq!(app.events_after(before).await, ["session.ended"]);
    app.is_what_the_log_says().await;
}

async fn a_session_in_use_ends_at_last(app: TestApp) {
    let alice = app.user("alice").await;
    let session = app.session(alice).await;
    for _ in 0..59 {
        app.pass(DAY / 2).await;
        let used = note_use(session, app.now(), app.now().plus(DAY));
        app.log.append(Batch::rows([used])).await.unwrap();
    }
    assert_eq!(live_sessions(&app).await, 1);
    app.pass(DAY / 2).await;
    assert_eq!(live_sessions(&app).await, 0);
    app.is_what_the_log_says().await;
}

async fn a_membership_ends_by_itself(app: TestApp) {
    let (alice, group) = (app.user("alice").await, app.group("photos").await);
    let expires = Some(app.now().plus(HOUR));
    let add = AddMember {
        group,
        user: alice,
        expires,
    };
    app.run(&add).await;
    app.clock.advance(HOUR);
    // It counts no more from that moment on, though nobody has looked yet.
    let groups = read::groups::direct_groups(&app.log, alice, app.now()).await;
    assert_eq!(groups, Ok(Vec::new()));
    let before = app.log.head().await.unwrap();
    app.pass(0).await;
    assert_eq!(app.events_after(before).await, ["group.member_removed"]);
    app.pass(0).await;
    assert_eq!(app.log.head().await, Ok(before + 1), "it ends once");
    app.is_what_the_log_says().await;
}

async fn a_membership_given_more_time_goes_on(app: TestApp) {
    let (alice, group) = (app.user("alice").await, app.group("photos").await);
    for expires in [Some(app.now().plus(HOUR)), None] {
        let add = AddMember {
            group,
            user: alice,
            expires,
        };
        app.run(&add).await;
    }
    app.pass(2 * HOUR).await;
    let groups = read::groups::direct_groups(&app.log, alice, app.now()).await;
    assert_eq!(groups, Ok(vec![group]));
    app.is_what_the_log_says().await;
}

async fn activity_leaves_the_log_400_days_after_it_ended(app: TestApp) {
    let alice = app.user("alice").await;
    let first = app.log.head().await.unwrap();
    let session = app.session(alice).await;
    app.pass(DAY).await;
    let head = app.log.head().await.unwrap();
    app.pass(400 * DAY).await;
    assert_eq!(
        app.events_after(first).await.len(),
        2,
        "it is kept that long"
    );
    app.pass(1).await;
    let page = app.log.after(first, 100).await.unwrap();
    assert_eq!((page.events.len(), page.removed, page.next), (0, 2, head));
    let subject = format!("session/{session}");
    assert_eq!(app.log.version(&subject).await, Ok(0), "nothing names it");
    app.is_what_the_log_says().await;
}

async fn a_signing_key_is_published_before_it_signs_and_after(app: TestApp) {
    let alg = SigningAlg::Es256;
    let former = signing(&app, alg).await;
    let (kid, material) = ring::generate(alg, &app.master_key, &SystemRng).unwrap();
    let rotate = Rotate {
        alg,
        kid: kid.clone(),
        material,
    };
    app.run(&rotate).await;
    assert_eq!(signing(&app, alg).await, former);
    assert!(is_published(&app, &kid));
    app.pass(DAY - 1).await;
    assert_eq!(signing(&app, alg).await, former);
    app.pass(1).await;
    assert_eq!(signing(&app, alg).await, kid);
    assert!(is_published(&app, &former));
    app.pass(2 * DAY).await;
    assert!(!is_published(&app, &former));
    app.is_what_the_log_says().await;
}

async fn more_than_one_page_is_due_at_once(app: TestApp) {
    let group = app.group("photos").await;
    let alice = app.user("alice").await;
    for _ in 0..205 {
        app.session(alice).await;
    }
    let expires = Some(app.now().plus(HOUR));
    let add = AddMember {
        group,
        user: alice,
        expires,
    };
    app.run(&add).await;
    app.pass(DAY).await;
    assert_eq!(live_sessions(&app).await, 0);
    app.is_what_the_log_says().await;
}

async fn live_sessions(app: &TestApp) -> usize {
    let page = read::sessions::page(&app.log, "", 1000).await;
    page.unwrap().len()
}

/// The key that signs with this algorithm.
async fn signing(app: &TestApp, alg: SigningAlg) -> String {
    let keys = read::signing_keys::all(&app.log).await.unwrap();
    let mut active = keys
        .into_iter()
        .filter(|(key, _)| key.alg == alg && key.phase == Phase::Active);
    let kid = active.next().unwrap().0.kid;
    assert!(active.next().is_none(), "one key of {alg:?} signs");
    let signer = app.snapshot.latest();
    let signer = signer.keys.signer(ring::alg(alg)).unwrap();
    assert_eq!(signer.kid(), kid);
    kid
}

fn is_published(app: &TestApp, kid: &str) -> bool {
    String::from_utf8_lossy(app.snapshot.latest().keys.jwks()).contains(kid)
}

async fn what_fails_keeps_nothing_else_from_being_done(app: TestApp) {
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    for user in [alice, bob] {
        app.session(user).await;
    }
    let group = app.group("guests").await;
    let expires = Some(app.now().plus(HOUR));
    app.run(&AddMember {
        group,
        user: alice,
        expires,
    })
    .await;
    by_hand(&app, "UPDATE sessions SET amr = 'torn' WHERE user_id IN (SELECT id FROM users WHERE username = 'alice')").await;
    app.clock.advance(DAY);
    let failed = chancery::timer::tick(&app).await;
    assert!(failed.is_err());
    let left = app
        .log
        .read("SELECT user_id FROM sessions WHERE ended IS NULL", &[])
        .await
        .unwrap();
    let left: Vec<_> = left.iter().map(|row| row.text(0).unwrap()).collect();
    assert_eq!(left, [alice.to_string()]);
    let membership = read::groups::get_membership(&app.log, group, alice).await;
    assert!(membership.unwrap().is_none());
}
