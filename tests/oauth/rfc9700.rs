//! RFC 9700: what an attacker in the browser or on the way must not get.

use chancery::command::users::DisableUser;
use domain::user::DisableReason;

use crate::support::realm::PASSWORD;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    a_code_used_twice_at_once_revokes_what_it_gave,
    a_password_never_travels_on_with_a_redirect,
    nothing_that_a_person_does_is_shown_in_a_frame_or_kept,
    a_sealed_flow_is_neither_read_nor_changed,
    a_form_of_another_browser_is_refused,
    strangers_cannot_lock_an_owner_out,
    unknown_wrong_and_disabled_look_alike,
];

/// §2.1.1
async fn a_code_used_twice_at_once_revokes_what_it_gave(app: TestApp) {
    let web = app.client("web");
    let redirected = web.code_flow("alice").scope("photos:read").answer().await;
    let redeem = || web.redeem(redirected.code()).into_future();
    let (first, second, third) = tokio::join!(redeem(), redeem(), redeem());
    let (gave, refused): (Vec<_>, Vec<_>) = [first, second, third]
        .into_iter()
        .partition(|answer| answer.0.status == 200);
    for answer in refused {
        answer.refused("invalid_grant");
    }
    for answer in gave {
        web.refresh(&answer.ok()).await.refused("invalid_grant");
    }
    let last = app.events_after(0).await.pop();
    assert_eq!(last.as_deref(), Some("grant.revoked"));
}

/// §4.12
async fn a_password_never_travels_on_with_a_redirect(app: TestApp) {
    let mut browser = app.browser();
    let flow = app.client("web").code_flow("alice").scope("photos:read");
    let page = browser.visit(&flow.address()).await;
    let answer = browser.sign_in(&page, "alice", PASSWORD).await.is(303);
    assert!(!answer.header("location").contains("battery"));
}

/// §4.15, §4.16
async fn nothing_that_a_person_does_is_shown_in_a_frame_or_kept(app: TestApp) {
    let flow = app.client("web").code_flow("alice").scope("photos:read");
    let mut browser = app.browser();
    let page = browser.visit(&flow.address()).await.is(200);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(page.header("cache-control").contains("no-store"));
    assert_eq!(page.header("referrer-policy"), "same-origin");
    for name in browser.cookies.keys() {
        assert!(name.starts_with("__Host-"), "{name}");
    }
}

async fn a_sealed_flow_is_neither_read_nor_changed(app: TestApp) {
    let flow = app.client("web").code_flow("alice").scope("photos:read");
    let mut browser = app.browser();
    let page = browser.visit(&flow.address()).await;
    let sealed = page.form("/sign-in").value("flow").unwrap().to_owned();
    assert!(!sealed.contains("photos"));
    let last = if sealed.ends_with('A') { "B" } else { "A" };
    let forged = format!("{}{last}", &sealed[..sealed.len() - 1]);
    let resumed = format!("/authorize/continue?flow={forged}");
    browser.visit(&resumed).await.is(403);
    app.clock.advance(3601);
    let late = format!("/authorize/continue?flow={sealed}");
    browser.visit(&late).await.is(403);
}

async fn a_form_of_another_browser_is_refused(app: TestApp) {
    let flow = app.client("web").code_flow("alice").scope("photos:read");
    let page = app.browser().visit(&flow.address()).await;
    // An attacker's form, in the browser of somebody who never asked for it.
    let mut victim = app.browser();
    victim.sign_in(&page, "alice", PASSWORD).await.is(403);
    victim.visit(&flow.address()).await;
    victim.sign_in(&page, "alice", PASSWORD).await.is(403);
}

async fn strangers_cannot_lock_an_owner_out(app: TestApp) {
    let mut owner = app.browser();
    let page = owner.visit("/sign-in").await;
    owner.sign_in(&page, "alice", PASSWORD).await.is(200);
    owner.cookies.remove("__Host-chancery");

    let mut stranger = app.browser();
    let page = stranger.visit("/sign-in").await;
    for _ in 0..10 {
        stranger
            .sign_in(&page, "alice", "a wrong guess")
            .await
            .is(200);
    }
    let answer = stranger.sign_in(&page, "alice", PASSWORD).await.is(429);
    assert!(answer.body.contains("Too many attempts"));
    let seconds: u32 = answer.header("retry-after").parse().unwrap();
    assert!(seconds > 0);
    let page = owner.visit("/sign-in").await;
    let answer = owner.sign_in(&page, "alice", PASSWORD).await.is(200);
    assert!(!answer.body.contains("Too many attempts"));
    assert!(owner.cookies.contains_key("__Host-chancery"));
}

async fn unknown_wrong_and_disabled_look_alike(app: TestApp) {
    let disable = DisableUser {
        id: app.user_named("bob").await,
        reason: DisableReason::Administrative,
    };
    app.run(&disable).await;
    let mut seen = Vec::new();
    for (name, password) in [
        ("alice", "a wrong guess"),
        ("nobody", PASSWORD),
        ("bob", PASSWORD),
    ] {
        let mut browser = app.browser();
        let page = browser.visit("/sign-in").await;
        let answer = browser.sign_in(&page, name, password).await;
        let tokens = answer.form("/sign-in");
        let body = answer.body.replace(name, "NAME");
        let body = body.replace(tokens.value("csrf").unwrap(), "CSRF");
        seen.push((answer.status, body));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
}
