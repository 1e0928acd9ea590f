//! OpenID Connect RP-Initiated Logout: a client's wish that the person signs out.

use crate::support::http::Sending;
use crate::support::http::encode;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    an_id_token_of_the_session_ends_it_without_a_question,
    without_one_the_person_is_asked,
    only_a_registered_address_is_followed,
    a_hint_of_another_session_is_not_believed,
    the_form_of_another_site_signs_nobody_out_unasked,
    it_ends_what_hangs_from_the_session,
];

const HOME: &str = "https://web.example/";

async fn an_id_token_of_the_session_ends_it_without_a_question(app: TestApp) {
    for posted in [false, true] {
        let mut browser = app.browser();
        let flow = app.client("web").code_flow("alice").scope("openid");
        let id_token = flow.in_browser(&mut browser).await.id_token.unwrap();
        let fields = [
            ("id_token_hint", id_token.as_str()),
            ("post_logout_redirect_uri", HOME),
            ("state", "the state"),
        ];
        app.clock.advance(3600);
        let before = app.log.head().await.unwrap();
        let answer = if posted {
            let answer = browser.send(Sending::form("/logout", fields)).await;
            browser.visit(answer.location().as_str()).await
        } else {
            browser.visit(&format!("/logout?{}", encode(fields))).await
        };
        let location = answer.location();
        assert_eq!(location.as_str(), "https://web.example/?state=the+state");
        let events = app.events_after(before).await;
        assert_eq!(events, ["session.ended", "grant.revoked"]);
        assert!(!browser.cookies.contains_key("__Host-chancery"));
        browser.visit("/account").await;
        app.is_what_the_log_says().await;
    }
}

async fn without_one_the_person_is_asked(app: TestApp) {
    let mut browser = app.browser();
    let flow = app.client("web").code_flow("alice").scope("openid");
    flow.in_browser(&mut browser).await;
    let fields = [("client_id", "web"), ("post_logout_redirect_uri", HOME)];
    let before = app.log.head().await.unwrap();
    let page = browser.visit(&format!("/logout?{}", encode(fields))).await;
    assert_eq!(app.events_after(before).await, [""; 0]);
    let answer = browser.submit(&page.form("/sign-out")).await;
    assert_eq!(answer.location().as_str(), HOME);
    assert_eq!(app.events_after(before).await[0], "session.ended");
}

async fn only_a_registered_address_is_followed(app: TestApp) {
    let mut browser = app.browser();
    let flow = app.client("web").code_flow("alice").scope("openid");
    let id_token = flow.in_browser(&mut browser).await.id_token.unwrap();
    for address in ["https://evil.example/", "https://web.example/callback"] {
        let fields = [
            ("id_token_hint", id_token.as_str()),
            ("post_logout_redirect_uri", address),
        ];
        let answer = browser.visit(&format!("/logout?{}", encode(fields))).await;
        answer.is(400);
    }
    // Without a client that is proved or named, no address is followed.
    let fields = [("post_logout_redirect_uri", HOME)];
    let answer = browser.visit(&format!("/logout?{}", encode(fields))).await;
    assert!(!answer.header("location").contains("web.example"));
}

async fn a_hint_of_another_session_is_not_believed(app: TestApp) {
    let flow = app.client("web").code_flow("carol").scope("openid");
    let of_carol = flow.await.id_token.unwrap();
    let mut browser = app.browser();
    let flow = app.client("web").code_flow("alice").scope("openid");
    flow.in_browser(&mut browser).await;
    let before = app.log.head().await.unwrap();
    let fields = [("id_token_hint", of_carol.as_str())];
    let page = browser.visit(&format!("/logout?{}", encode(fields))).await;
    page.is(200).form("/sign-out");
    assert_eq!(app.events_after(before).await, [""; 0]);
    let fields = [("id_token_hint", "e30.e30.e30")];
    let answer = browser.visit(&format!("/logout?{}", encode(fields))).await;
    answer.is(400);
}

/// A browser sends no cookie with another site's form, and takes those of the answer.
async fn the_form_of_another_site_signs_nobody_out_unasked(app: TestApp) {
    let flow = app.client("web").code_flow("carol").scope("openid");
    let of_carol = flow.await.id_token.unwrap();
    let mut browser = app.browser();
    let flow = app.client("web").code_flow("alice").scope("openid");
    let of_alice = flow.in_browser(&mut browser).await.id_token.unwrap();
    for hint in [None, Some(&of_carol), Some(&of_alice)] {
        let hint = hint.map(|hint| ("id_token_hint", hint.as_str()));
        let before = app.log.head().await.unwrap();
        let cookies = std::mem::take(&mut browser.cookies);
        let answer = browser.send(Sending::form("/logout", hint)).await;
        assert!(!answer.headers.contains_key("set-cookie"), "{answer:?}");
        assert!(hint.is_none_or(|hint| !answer.header("location").contains(hint.1)));
        // The redirect is the browser's own.
        browser.cookies = cookies;
        let answer = browser.visit(answer.location().as_str()).await.is(200);
        let ended = app.events_after(before).await;
        if hint.is_some_and(|hint| hint.1 == of_alice) {
            assert_eq!(ended[0], "session.ended");
        } else {
            answer.form("/sign-out");
            assert_eq!(ended, [""; 0]);
            assert!(browser.cookies.contains_key("__Host-chancery"));
        }
    }
    browser.visit("/logout/continue").await.is(403);
    browser.visit("/logout/continue?flow=AQ").await.is(403);
}

async fn it_ends_what_hangs_from_the_session(app: TestApp) {
    let mut browser = app.browser();
    let web = app.client("web");
    let online = web.code_flow("alice").scope("openid photos:read");
    let online = online.in_browser(&mut browser).await;
    let offline = web.code_flow("alice").scope("offline_access photos:read");
    let offline = offline.in_browser(&mut browser).await;
    let page = browser.visit("/sign-out").await;
    browser.submit(&page.form("/sign-out")).await;
    web.refresh(&online).await.refused("invalid_grant");
    web.refresh(&offline).await.ok();
}
