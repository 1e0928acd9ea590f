//! "My account": profile, password, sessions, apps.

use crate::support::browser::Browser;
use crate::support::http::Sending;
use crate::support::realm::PASSWORD;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    every_page_is_for_whoever_is_signed_in,
    a_profile_is_changed,
    a_password_is_changed_and_other_sessions_end,
    a_session_of_somebody_else_is_not_ended,
    all_other_sessions_are_ended,
    an_app_is_removed_with_its_tokens_and_its_consent,
    no_form_is_taken_without_its_token_or_from_elsewhere,
];

async fn signed_in<'a>(app: &'a TestApp, name: &str) -> Browser<'a> {
    let mut browser = app.browser();
    let page = browser.visit("/sign-in").await;
    browser.sign_in(&page, name, PASSWORD).await;
    assert!(browser.cookies.contains_key("__Host-chancery"));
    browser
}

async fn is_signed_in(browser: &mut Browser<'_>) -> bool {
    let page = browser.visit("/account").await.is(200);
    page.body.contains("<h1>Profile</h1>")
}

async fn every_page_is_for_whoever_is_signed_in(app: TestApp) {
    let mut browser = signed_in(&app, "alice").await;
    for (path, heading) in [
        ("/", "Profile"),
        ("/account", "Profile"),
        ("/account/password", "Password"),
        ("/account/sessions", "Sessions"),
        ("/account/apps", "Apps"),
    ] {
        let page = browser.visit(path).await.is(200);
        assert!(page.body.contains(&format!("<h1>{heading}</h1>")), "{path}");
        assert!(page.header("cache-control").contains("no-store"));
        let page = app.browser().visit(path).await.is(200);
        page.form("/sign-in");
    }
}

async fn a_profile_is_changed(app: TestApp) {
    let mut browser = signed_in(&app, "alice").await;
    let page = browser.visit("/account").await;
    let form = page.form("/account").fill("name", "Alice <Liddell>");
    let before = app.log.head().await.unwrap();
    let page = browser.submit(&form).await.is(200);
    assert!(page.body.contains("Your profile is saved."));
    assert_eq!(page.form("/account").value("name"), Some("Alice <Liddell>"));
    assert!(!page.body.contains("<Liddell>"));
    assert_eq!(app.events_after(before).await, ["user.updated"]);
    let form = page.form("/account").fill("birthdate", "not a date");
    browser.submit(&form).await.is(422);
    assert_eq!(app.events_after(before).await, ["user.updated"]);
    app.is_what_the_log_says().await;
}

async fn a_password_is_changed_and_other_sessions_end(app: TestApp) {
    let mut browser = signed_in(&app, "alice").await;
    let mut elsewhere = signed_in(&app, "alice").await;
    let page = browser.visit("/account/password").await;
    let change = |current: &str, new: &str| {
        let form = page.form("/account/password");
        let form = form.fill("current_password", current);
        form.fill("new_password", new)
            .fill("new_password_again", new)
    };
    let new = "something else entirely";
    browser.submit(&change("a wrong guess", new)).await.is(422);
    browser.submit(&change(PASSWORD, "short")).await.is(422);
    assert!(is_signed_in(&mut elsewhere).await);
    let page = browser.submit(&change(PASSWORD, new)).await.is(200);
    assert!(page.body.contains("Your password is changed."));
    assert!(is_signed_in(&mut browser).await);
    assert!(!is_signed_in(&mut elsewhere).await);
    let mut again = app.browser();
    let page = again.visit("/sign-in").await;
    again.sign_in(&page, "alice", new).await;
    assert!(is_signed_in(&mut again).await);
    app.is_what_the_log_says().await;
}

async fn a_session_of_somebody_else_is_not_ended(app: TestApp) {
    let mut alice = signed_in(&app, "alice").await;
    let mut carol = signed_in(&app, "carol").await;
    let mut elsewhere = signed_in(&app, "carol").await;
    let page = carol.visit("/account/sessions").await;
    let own = page.forms().into_iter().find(|form| {
        let button = form.buttons.first();
        button.is_some_and(|(name, value)| name == "session" && value != "others")
    });
    let own = own.unwrap();
    let target = own.buttons[0].1.clone();

    let page = alice.visit("/account/sessions").await;
    let csrf = page.body.split("name=\"csrf\" value=\"").nth(1);
    // Alice has one session, and so perhaps no form of her own: her token comes from another page.
    let csrf = if let Some(rest) = csrf {
        rest.split('"').next().unwrap().to_owned()
    } else {
        let page = alice.visit("/account").await;
        page.form("/account").value("csrf").unwrap().to_owned()
    };
    let foreign = own.clone().fill("csrf", &csrf).fill("session", &target);
    alice.submit(&foreign).await;
    assert!(is_signed_in(&mut carol).await && is_signed_in(&mut elsewhere).await);

    carol.submit(&own.press()).await.is(200);
    assert!(is_signed_in(&mut carol).await);
    assert!(!is_signed_in(&mut elsewhere).await);
}

async fn all_other_sessions_are_ended(app: TestApp) {
    let mut browser = signed_in(&app, "alice").await;
    let mut others = [
        signed_in(&app, "alice").await,
        signed_in(&app, "alice").await,
    ];
    let page = browser.visit("/account/sessions").await;
    let form = page
        .forms()
        .into_iter()
        .find(|form| form.buttons.iter().any(|(_, value)| value == "others"));
    let page = browser.submit(&form.unwrap().press()).await.is(200);
    assert!(page.body.contains("2 sessions are ended."));
    assert!(is_signed_in(&mut browser).await);
    for other in &mut others {
        assert!(!is_signed_in(other).await);
    }
    app.is_what_the_log_says().await;
}

async fn an_app_is_removed_with_its_tokens_and_its_consent(app: TestApp) {
    let mut browser = signed_in(&app, "alice").await;
    let client = app.client("third-party");
    let flow = client.code_flow("alice").scope("openid photos:read");
    let tokens = flow.clone().in_browser(&mut browser).await;
    let page = browser.visit("/account/apps").await.is(200);
    assert!(page.body.contains("Somebody else&#39;s"));
    assert!(page.body.contains("See your photos"));
    let form = page.form("/account/apps/revoke").press();
    let page = browser.submit(&form).await.is(200);
    assert!(page.body.contains("is removed."));
    client.refresh(&tokens).await.refused("invalid_grant");
    let asked = browser.visit(&flow.address()).await.is(200);
    asked.form("/consent");
    app.is_what_the_log_says().await;
}

async fn no_form_is_taken_without_its_token_or_from_elsewhere(app: TestApp) {
    let mut browser = signed_in(&app, "alice").await;
    let page = browser.visit("/account").await;
    let csrf = page.form("/account").value("csrf").unwrap().to_owned();
    let before = app.log.head().await.unwrap();
    for path in [
        "/sign-in",
        "/sign-in/new-password",
        "/sign-out",
        "/consent",
        "/account",
        "/account/password",
        "/account/sessions/end",
        "/account/apps/revoke",
        "/setup",
    ] {
        let without = Sending::form(path, [("session", "others")]);
        browser.send(without).await.is(403);
        let forged = Sending::form(path, [("csrf", "AAAA"), ("session", "others")]);
        browser.send(forged).await.is(403);
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let elsewhere = Sending::form(path, [("csrf", csrf.as_str())]);
            browser.send(elsewhere.with(name, value)).await.is(403);
        }
    }
    assert_eq!(app.log.head().await, Ok(before));
}
