//! OpenID Connect Core: who signed in, how long ago, and what a client may know of them.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chancery::command::users::UpdateUser;
use domain::value::Name;
use serde_json::json;

use crate::support::app::ISSUER;
use crate::support::client::{Redirected, unverified};
use crate::support::furnished::{FILES, PHOTOS};
use crate::support::http::Sending;
use crate::support::realm::{PASSWORD, details};
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    an_id_token_says_who_signed_in_and_when,
    userinfo_tells_what_the_scopes_allow,
    userinfo_takes_only_its_own_tokens,
    with_a_resource_the_id_token_carries_the_profile,
    claims_may_be_asked_for_one_by_one,
    sid_is_one_for_each_session_and_client,
    a_second_client_needs_no_second_sign_in,
    prompt_none_never_shows_a_page,
    prompt_login_asks_for_the_password_again,
    prompt_select_account_offers_another,
    max_age_asks_again_when_it_was_long_ago,
    an_id_token_hint_names_who_is_expected,
    a_login_hint_fills_the_name_in,
    a_third_party_asks_for_consent_once_for_each_scope,
    each_scope_may_be_refused,
    a_box_that_was_not_shown_is_not_taken,
    what_one_person_was_shown_another_does_not_allow,
    consent_denied_is_access_denied,
    our_own_clients_ask_only_if_they_want_to,
];

async fn an_id_token_says_who_signed_in_and_when(app: TestApp) {
    let web = app.client("web");
    let flow = web.code_flow("alice").scope("openid photos:read");
    let tokens = flow.with("nonce", "n-0S6_WzA2Mj").await;
    let claims = tokens.id_claims(&app);
    let alice = app.user_named("alice").await.to_string();
    assert_eq!(claims["iss"], ISSUER);
    assert_eq!(claims["sub"], alice);
    assert_eq!(claims["aud"], "web");
    assert_eq!(claims["nonce"], "n-0S6_WzA2Mj");
    assert_eq!(claims["iat"], app.now().seconds());
    assert_eq!(claims["exp"], app.now().seconds() + 600);
    assert_eq!(claims["auth_time"], app.now().seconds());
    assert_eq!(claims["amr"], json!(["pwd"]));
    let half = &digest(&SHA256, tokens.access_token.as_bytes()).as_ref()[..16].to_vec();
    assert_eq!(claims["at_hash"], URL_SAFE_NO_PAD.encode(half));
    let header = tokens.id_token.as_ref().unwrap().split('.').next().unwrap();
    let header = URL_SAFE_NO_PAD.decode(header).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header["alg"], "RS256");

    // §12.2: after a refresh, the same person at the same time, for a new access token.
    app.clock.advance(100);
    let later = web.refresh(&tokens).await.ok().id_claims(&app);
    for same in ["iss", "sub", "aud", "auth_time", "sid"] {
        assert_eq!(later[same], claims[same], "{same}");
    }
    assert_eq!(later["iat"], app.now().seconds());
    assert_ne!(later["at_hash"], claims["at_hash"]);
    assert!(later["nonce"].is_null());
}

async fn userinfo_tells_what_the_scopes_allow(app: TestApp) {
    let id = app.user_named("alice").await;
    let change = |_: &_| {
        let mut details = details("alice");
        details.profile.name = Some(Name::parse("Alice Liddell").unwrap());
        Ok(details)
    };
    app.run(&UpdateUser { id, change }).await;
    let told = async |scope: &str| {
        let tokens = app.client("web").code_flow("alice").scope(scope).await;
        app.userinfo(&tokens.access_token).await.is(200).json()
    };
    assert_eq!(told("openid").await, json!({ "sub": id.to_string() }));
    let email = told("openid email").await;
    assert_eq!(email["email"], "alice@people.example");
    assert_eq!(email["email_verified"], true);
    assert!(email["name"].is_null());
    let profile = told("openid profile").await;
    assert_eq!(profile["name"], "Alice Liddell");
    assert_eq!(profile["preferred_username"], "alice");
    assert!(profile["email"].is_null());
}

async fn userinfo_takes_only_its_own_tokens(app: TestApp) {
    let web = app.client("web");
    let own = web.code_flow("alice").scope("openid").await.access_token;
    let posted = Sending::form("/userinfo", [("access_token", own.as_str())]);
    app.send(posted).await.is(200);
    let answer = app.userinfo(&own).await.is(200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");

    let of_api = web.code_flow("alice").scope("openid photos:read");
    let of_api = of_api.resource(PHOTOS).await.access_token;
    let answer = app.userinfo(&of_api).await.is(401);
    assert!(answer.header("www-authenticate").contains(PHOTOS));
    app.userinfo("garbage").await.is(401);
    let twice = Sending::form("/userinfo", [("access_token", own.as_str())]);
    app.send(twice.bearer(&own)).await.is(400);
    app.clock.advance(600);
    let answer = app.userinfo(&own).await.is(401);
    assert!(answer.header("www-authenticate").contains("expired"));
}

async fn with_a_resource_the_id_token_carries_the_profile(app: TestApp) {
    let web = app.client("web");
    let scopes = "email openid photos:read";
    let flow = web.code_flow("alice").scope(scopes);
    let tokens = flow.resource(PHOTOS).await;
    assert_eq!(tokens.scope, scopes);
    assert_eq!(tokens.claims(&app)["scope"], "photos:read");
    assert_eq!(tokens.id_claims(&app)["email"], "alice@people.example");
    // Without one there is userinfo to ask.
    let tokens = web.code_flow("alice").scope("openid email").await;
    assert!(tokens.id_claims(&app)["email"].is_null());
}

async fn claims_may_be_asked_for_one_by_one(app: TestApp) {
    let claims = json!({
        "id_token": { "email": null, "auth_time": { "essential": true } },
        "userinfo": { "preferred_username": null, "no_such_claim": null },
    });
    let flow = app.client("web").code_flow("alice").scope("openid");
    let tokens = flow.with("claims", &claims.to_string()).await;
    let told = tokens.id_claims(&app);
    assert_eq!(told["email"], "alice@people.example");
    assert!(told["preferred_username"].is_null());
    let told = app.userinfo(&tokens.access_token).await.json();
    assert_eq!(told["preferred_username"], "alice");
    // Whoever asks for a claim asks for the scope that gives it: it is consented to like any other.
    assert_eq!(tokens.scope, "email openid profile");
    let flow = app.client("web").code_flow("alice").scope("openid");
    let malformed = flow.with("claims", "[]").answer().await;
    malformed.refused("invalid_request");
}

async fn sid_is_one_for_each_session_and_client(app: TestApp) {
    let mut browser = app.browser();
    let sid = async |client, browser: &mut _| {
        let flow = app.client(client).code_flow("alice").scope("openid");
        let tokens = flow.in_browser(browser).await;
        tokens.id_claims(&app)["sid"].as_str().unwrap().to_owned()
    };
    let first = sid("web", &mut browser).await;
    assert_eq!(sid("web", &mut browser).await, first);
    assert_ne!(sid("cli", &mut browser).await, first);
    assert_ne!(sid("web", &mut app.browser()).await, first);
}

async fn a_second_client_needs_no_second_sign_in(app: TestApp) {
    let mut browser = app.browser();
    let flow = app.client("web").code_flow("alice").scope("openid");
    flow.in_browser(&mut browser).await;
    let before = app.log.head().await.unwrap();
    let flow = app.client("cli").code_flow("alice").scope("openid");
    browser.visit(&flow.address()).await.is(303);
    flow.in_browser(&mut browser).await;
    assert_eq!(app.events_after(before).await, ["grant.created"]);
}

async fn prompt_none_never_shows_a_page(app: TestApp) {
    let flow = |client| {
        app.client(client)
            .code_flow("alice")
            .scope("openid photos:read")
    };
    let none = |client| flow(client).with("prompt", "none");
    none("web").answer().await.refused("login_required");
    let mut browser = app.browser();
    flow("web").in_browser(&mut browser).await;
    none("web").answer_in(&mut browser).await.code();
    let asked = none("third-party").answer_in(&mut browser).await;
    asked.refused("consent_required");
    flow("third-party").in_browser(&mut browser).await;
    none("third-party").answer_in(&mut browser).await.code();
    let stale = none("web").with("max_age", "60");
    app.clock.advance(61);
    stale
        .answer_in(&mut browser)
        .await
        .refused("login_required");
}

async fn prompt_login_asks_for_the_password_again(app: TestApp) {
    let mut browser = app.browser();
    let flow = app.client("web").code_flow("alice").scope("openid");
    let first = flow.clone().in_browser(&mut browser).await;
    app.clock.advance(100);
    let before = app.log.head().await.unwrap();
    let again = flow.with("prompt", "login");
    let page = browser.visit(&again.address()).await.is(200);
    assert_eq!(page.form("/sign-in").value("username"), Some("alice"));
    let second = again.in_browser(&mut browser).await;
    let (first, second) = (first.id_claims(&app), second.id_claims(&app));
    assert_eq!(second["auth_time"], app.now().seconds());
    assert_eq!(second["sid"], first["sid"], "the session goes on");
    let events = app.events_after(before).await;
    assert_eq!(events, ["session.reauthenticated", "grant.created"]);
}

async fn prompt_select_account_offers_another(app: TestApp) {
    let mut browser = app.browser();
    let flow = app.client("web").code_flow("alice").scope("openid");
    flow.in_browser(&mut browser).await;
    app.clock.advance(1);
    let flow = app.client("web").code_flow("carol").scope("openid");
    let flow = flow.with("prompt", "select_account");
    let page = browser.visit(&flow.address()).await.is(200);
    let before = app.log.head().await.unwrap();
    let answer = browser.sign_in(&page, "carol", PASSWORD).await.is(303);
    assert!(answer.location().as_str().contains("code="));
    // One browser, one session: that of the former person has ended.
    let events = app.events_after(before).await;
    assert_eq!(
        events,
        ["session.ended", "grant.revoked", "session.started"]
    );
}

async fn max_age_asks_again_when_it_was_long_ago(app: TestApp) {
    let mut browser = app.browser();
    let flow = app.client("web").code_flow("alice").scope("openid");
    let flow = flow.with("max_age", "100");
    flow.clone().in_browser(&mut browser).await;
    app.clock.advance(100);
    browser.visit(&flow.address()).await.is(303);
    app.clock.advance(1);
    browser.visit(&flow.address()).await.is(200);
    let tokens = flow.in_browser(&mut browser).await;
    assert_eq!(tokens.id_claims(&app)["auth_time"], app.now().seconds());
}

async fn an_id_token_hint_names_who_is_expected(app: TestApp) {
    let mut browser = app.browser();
    let flow = |user| app.client("web").code_flow(user).scope("openid");
    let tokens = flow("alice").in_browser(&mut browser).await;
    let of_alice = tokens.id_token.unwrap();
    let of_carol = flow("carol").await.id_token.unwrap();
    // An expired one still names somebody.
    app.clock.advance(3600);
    let hinted = |token: &str| {
        flow("alice")
            .with("prompt", "none")
            .with("id_token_hint", token)
    };
    hinted(&of_alice).answer_in(&mut browser).await.code();
    let other = hinted(&of_carol).answer_in(&mut browser).await;
    other.refused("login_required");
    // Without `prompt=none` they are asked, once.
    let asked = flow("alice").with("id_token_hint", &of_carol);
    let page = browser.visit(&asked.address()).await;
    page.form("/sign-in");
    let other = asked.answer_in(&mut browser).await;
    other.refused("login_required");
}

async fn a_login_hint_fills_the_name_in(app: TestApp) {
    let flow = app.client("web").code_flow("alice").scope("openid");
    let flow = flow.with("login_hint", "\"<alice>");
    let page = app.browser().visit(&flow.address()).await;
    assert_eq!(page.form("/sign-in").value("username"), Some("\"<alice>"));
}

async fn a_third_party_asks_for_consent_once_for_each_scope(app: TestApp) {
    let mut browser = app.browser();
    let flow = app.client("third-party").code_flow("carol");
    let photos = flow.clone().scope("openid photos:read");
    let before = app.log.head().await.unwrap();
    photos.clone().in_browser(&mut browser).await;
    let events = app.events_after(before).await;
    assert_eq!(
        events,
        ["session.started", "consent.given", "grant.created"]
    );
    browser.visit(&photos.address()).await.is(303);
    let more = flow.scope("openid photos:read files:read");
    let page = browser.visit(&more.address()).await.is(200);
    assert!(page.body.contains("See your files"));
    let tokens = more
        .at_token("resource", PHOTOS)
        .in_browser(&mut browser)
        .await;
    assert_eq!(tokens.scope, "openid photos:read");
    browser
        .visit(&photos.with("prompt", "consent").address())
        .await
        .is(200);
    app.is_what_the_log_says().await;
}

async fn each_scope_may_be_refused(app: TestApp) {
    let flow = app.client("third-party").code_flow("carol");
    let flow = flow.scope("openid email photos:read files:read offline_access");
    let flow = flow.allowing(&["photos:read"]).at_token("resource", PHOTOS);
    let tokens = flow.await;
    assert_eq!(tokens.scope, "openid photos:read");
    let claims = unverified(tokens.id_token.as_ref().unwrap());
    assert!(claims["email"].is_null());
}

async fn a_box_that_was_not_shown_is_not_taken(app: TestApp) {
    let client = app.client("third-party");
    let flow = client.code_flow("carol").scope("photos:read");
    let mut browser = app.browser();
    let page = browser.visit(&flow.address()).await;
    let page = browser.sign_in(&page, "carol", PASSWORD).await;
    let (photos, files) = (app.api_of(PHOTOS), app.api_of(FILES));
    let form = page.form("/consent").fill("decision", "allow");
    let form = form
        .also("allow", &format!("{photos} photos:write"))
        .also("allow", &format!("{files} files:read"))
        .also("allow", "offline_access");
    let answer = browser.submit(&form).await.location();
    let code = Redirected::from(answer);
    assert_eq!(client.redeem(code.code()).await.ok().scope, "photos:read");
    app.is_what_the_log_says().await;
}

async fn what_one_person_was_shown_another_does_not_allow(app: TestApp) {
    let flow = app
        .client("third-party")
        .code_flow("alice")
        .scope("photos:read");
    let mut browser = app.browser();
    let page = browser.visit(&flow.address()).await;
    let page = browser.sign_in(&page, "alice", PASSWORD).await;
    let shown_to_alice = page.form("/consent").fill("decision", "allow");
    // In another tab.
    app.clock.advance(1);
    let again = flow.with("prompt", "login").address();
    let page = browser.visit(&again).await;
    browser.sign_in(&page, "carol", PASSWORD).await;
    let before = app.log.head().await.unwrap();
    let page = browser.submit(&shown_to_alice).await.is(200);
    assert_eq!(app.events_after(before).await, [""; 0]);
    let shown_to_carol = page.form("/consent").fill("decision", "allow");
    browser.submit(&shown_to_carol).await.is(303);
    assert_eq!(app.events_after(before).await, ["consent.given"]);
}

async fn consent_denied_is_access_denied(app: TestApp) {
    let flow = app
        .client("third-party")
        .code_flow("alice")
        .scope("photos:read");
    flow.denied().answer().await.refused("access_denied");
    let kinds = app.events_after(0).await;
    assert!(!kinds.iter().any(|kind| kind.starts_with("consent")));
}

async fn our_own_clients_ask_only_if_they_want_to(app: TestApp) {
    let mut browser = app.browser();
    let flow = app
        .client("web")
        .code_flow("alice")
        .scope("openid photos:read");
    flow.clone().in_browser(&mut browser).await;
    let flow = flow.with("prompt", "consent");
    let page = browser.visit(&flow.address()).await.is(200);
    page.form("/consent");
    let tokens = flow.in_browser(&mut browser).await;
    assert_eq!(tokens.scope, "openid photos:read");
}
