//! RFC 6749: the authorization code and client credentials grants, and how each may be refused.

use axum::http::Method;
use chancery::command::sessions::EndSessions;
use chancery::command::users::DisableUser;
use domain::client::AuthMethod;
use domain::session::EndReason;
use domain::user::DisableReason;

use crate::support::client::{VERIFIER, basic};
use crate::support::furnished::{FILES, PHOTOS, client};
use crate::support::http::Sending;
use crate::support::realm::machine;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    a_code_gives_tokens_once,
    a_code_used_twice_revokes_what_it_gave,
    a_code_is_for_its_client_its_address_and_its_time,
    a_code_is_worth_nothing_once_its_person_session_or_client_is_gone,
    state_comes_back_as_it_was,
    an_unknown_client_or_address_is_answered_on_a_page,
    errors_go_back_to_the_client,
    repeated_parameters_are_refused,
    what_a_description_quotes_keeps_to_its_characters,
    a_loopback_address_may_have_any_port_and_nothing_else_varies,
    an_only_redirect_uri_may_be_left_out,
    the_answer_may_come_by_form_post,
    a_client_acts_for_itself_without_a_trace,
    a_client_proves_itself_as_it_is_registered_to,
    a_disabled_client_gets_nothing,
    a_client_gets_no_grant_type_that_it_is_not_registered_for,
    the_token_endpoint_takes_forms_by_post_only,
];

async fn a_code_gives_tokens_once(app: TestApp) {
    let before = app.log.head().await.unwrap();
    let web = app.client("web");
    let redirected = web.code_flow("alice").scope("photos:read").answer().await;
    let tokens = web.redeem(redirected.code()).await.ok();
    assert_eq!(tokens.scope, "photos:read");
    assert_eq!(tokens.expires_in, 600);
    assert!(tokens.refresh_token.is_some() && tokens.id_token.is_none());
    let events = app.events_after(before).await;
    assert_eq!(events, ["session.started", "grant.created"]);
    app.is_what_the_log_says().await;
}

async fn a_code_used_twice_revokes_what_it_gave(app: TestApp) {
    let web = app.client("web");
    let redirected = web.code_flow("alice").scope("photos:read").answer().await;
    let tokens = web.redeem(redirected.code()).await.ok();
    web.redeem(redirected.code()).await.refused("invalid_grant");
    web.refresh(&tokens).await.refused("invalid_grant");
    let at_photos = app.introspect(PHOTOS, &tokens.access_token).await;
    assert_eq!(at_photos["active"], false);
    let last = app.events_after(0).await.pop();
    assert_eq!(last.as_deref(), Some("grant.revoked"));
}

async fn a_code_is_for_its_client_its_address_and_its_time(app: TestApp) {
    let (web, cli) = (app.client("web"), app.client("cli"));
    let flow = web.code_flow("alice").scope("photos:read");
    let redirected = flow.answer().await;
    let code = redirected.code();
    cli.redeem(code).await.refused("invalid_grant");
    let elsewhere = web.redeem(code).without("redirect_uri");
    let elsewhere = elsewhere.with("redirect_uri", "https://web.example/other");
    elsewhere.await.refused("invalid_grant");
    // None of this has used the code up.
    app.clock.advance(59);
    web.redeem(code).await.ok();

    // Without PKCE, the address has to be there again (§4.1.3).
    let unproved = flow.clone().without("code_challenge");
    let redirected = unproved.without("code_challenge_method").answer().await;
    let request = web.redeem(redirected.code()).without("code_verifier");
    let unsaid = request.clone().without("redirect_uri");
    unsaid.await.refused("invalid_grant");
    request.await.ok();

    let redirected = flow.answer().await;
    app.clock.advance(60);
    web.redeem(redirected.code()).await.refused("invalid_grant");
    web.redeem("no-such-code").await.refused("invalid_grant");
}

async fn a_code_is_worth_nothing_once_its_person_session_or_client_is_gone(app: TestApp) {
    let web = app.client("web");
    let flow = web.code_flow("alice").scope("photos:read");
    let alice = app.user_named("alice").await;
    let redirected = flow.answer().await;
    let end = EndSessions {
        user: alice,
        except: None,
        reason: EndReason::EndedByUser,
    };
    app.run(&end).await;
    web.redeem(redirected.code()).await.refused("invalid_grant");

    let redirected = flow.answer().await;
    let disable = DisableUser {
        id: alice,
        reason: DisableReason::Administrative,
    };
    app.run(&disable).await;
    web.redeem(redirected.code()).await.refused("invalid_grant");

    let redirected = web.code_flow("carol").scope("photos:read").answer().await;
    app.set_client("web", |settings| settings.enabled = false)
        .await;
    web.redeem(redirected.code())
        .await
        .refused("invalid_client");
    app.is_what_the_log_says().await;
}

async fn state_comes_back_as_it_was(app: TestApp) {
    let state = "a b&c=d%20é\"<>";
    let flow = app.client("web").code_flow("alice").scope("photos:read");
    let flow = flow.without("state");
    let redirected = flow.clone().with("state", state).answer().await;
    assert_eq!(redirected.parameters["state"], state);
    let redirected = flow.answer().await;
    assert!(!redirected.parameters.contains_key("state"));
}

async fn an_unknown_client_or_address_is_answered_on_a_page(app: TestApp) {
    for (client_id, redirect_uri) in [
        ("nobody", "https://web.example/callback"),
        ("web", "https://evil.example/callback"),
        ("web", "https://web.example/callback/"),
        ("web", "https://web.example/callback?x=1"),
        ("web", "https://WEB.example/callback"),
        ("web", "https://web.example:443/callback"),
        ("web", "http://web.example/callback"),
        ("cli", "http://localhost:1/callback"),
        ("cli", "http://127.0.0.1:1/other"),
        ("", ""),
    ] {
        let flow = app.client("web").code_flow("alice").scope("photos:read");
        let flow = flow.without("client_id").without("redirect_uri");
        let flow = flow.with("client_id", client_id);
        let flow = flow.with("redirect_uri", redirect_uri);
        let answer = app.get(&flow.address()).await.is(400);
        assert!(answer.header("location").is_empty());
        assert!(answer.header("content-type").starts_with("text/html"));
    }
}

async fn errors_go_back_to_the_client(app: TestApp) {
    let web = app.client("web");
    let flow = web.code_flow("alice").scope("photos:read");
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "invalid_request"),
        ("scope", "no:such", "invalid_scope"),
        ("scope", "photos:read \"", "invalid_scope"),
        ("response_mode", "fragment", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("prompt", "none login", "invalid_request"),
        ("max_age", "-1", "invalid_request"),
        ("request", "e30.e30.", "request_not_supported"),
        (
            "request_uri",
            "https://web.example/r",
            "request_uri_not_supported",
        ),
        ("id_token_hint", "e30.e30.e30", "invalid_request"),
    ] {
        let flow = flow.clone().without(name).with(name, value);
        let answer = flow.answer().await;
        answer.refused(error);
        assert!(
            answer
                .to
                .as_str()
                .starts_with("https://web.example/callback?")
        );
        assert_eq!(answer.parameters["state"], "the state");
    }
}

async fn repeated_parameters_are_refused(app: TestApp) {
    let web = app.client("web");
    let flow = web.code_flow("alice").scope("photos:read");
    flow.clone()
        .scope("photos:write")
        .answer()
        .await
        .refused("invalid_request");
    let twice = flow
        .clone()
        .with("redirect_uri", "https://web.example/callback");
    app.get(&twice.address()).await.is(400);
    let redirected = flow.answer().await;
    let request = web.redeem(redirected.code());
    let twice = request.clone().with("code", redirected.code());
    twice.await.refused("invalid_request");
    request.await.ok();
}

/// §4.1.2.1, §5.2
async fn what_a_description_quotes_keeps_to_its_characters(app: TestApp) {
    let web = app.client("web");
    let machine = app.client("machine");
    let (odd, twice) = (
        "ä\"\\\n",
        [
            "the scope 'nope' is unknown",
            "?''? is given more than once",
        ],
    );
    let described = [
        web.code_flow("alice").scope("nope"),
        web.code_flow("alice").with(odd, "1").with(odd, "2"),
    ];
    for (flow, expected) in described.iter().zip(twice) {
        let parameters = flow.answer().await.parameters;
        assert_eq!(parameters["error_description"], expected);
    }
    let described = [
        machine.credentials().scope("nope"),
        machine.credentials().with(odd, "1").with(odd, "2"),
    ];
    for (request, expected) in described.into_iter().zip(twice) {
        assert_eq!(request.await.0.json()["error_description"], expected);
    }
}

async fn a_loopback_address_may_have_any_port_and_nothing_else_varies(app: TestApp) {
    let cli = app.client("cli");
    for address in ["http://127.0.0.1/callback", "http://127.0.0.1:8/callback"] {
        let flow = cli.code_flow("alice").scope("photos:read");
        let flow = flow.without("redirect_uri").with("redirect_uri", address);
        let redirected = flow.answer().await;
        assert!(redirected.to.as_str().starts_with(address));
        let request = cli.redeem(redirected.code()).without("redirect_uri");
        request.with("redirect_uri", address).await.ok();
    }
}

async fn an_only_redirect_uri_may_be_left_out(app: TestApp) {
    let web = app.client("web");
    let flow = web.code_flow("alice").scope("photos:read");
    let redirected = flow.without("redirect_uri").answer().await;
    assert!(redirected.to.as_str().starts_with(web.redirect_uri));
    let request = web.redeem(redirected.code());
    request.without("redirect_uri").await.ok();
}

async fn the_answer_may_come_by_form_post(app: TestApp) {
    let web = app.client("web");
    let flow = web.code_flow("alice").scope("photos:read");
    let mut browser = app.browser();
    flow.answer_in(&mut browser).await;
    let posted = flow.with("response_mode", "form_post").address();
    let page = browser.visit(&posted).await.is(200);
    let form = page.form(web.redirect_uri);
    assert_eq!(form.value("state"), Some("the state"));
    assert_eq!(form.value("iss"), Some(crate::support::app::ISSUER));
    web.redeem(form.value("code").unwrap()).await.ok();
}

async fn a_client_acts_for_itself_without_a_trace(app: TestApp) {
    let before = app.log.head().await.unwrap();
    let machine = app.client("machine");
    let tokens = machine.credentials().resource(PHOTOS).await.ok();
    assert_eq!(tokens.scope, "photos:read photos:write");
    assert!(tokens.refresh_token.is_none() && tokens.id_token.is_none());
    let tokens = machine.credentials().scope("files:read").await.ok();
    assert_eq!(tokens.claims(&app)["aud"], FILES);
    assert_eq!(app.log.head().await, Ok(before), "nothing is written");
    for (scope, error) in [
        ("photos:read files:read", "invalid_scope"),
        ("openid", "invalid_scope"),
        ("offline_access", "invalid_scope"),
        ("no:such", "invalid_scope"),
    ] {
        machine.credentials().scope(scope).await.refused(error);
    }
    machine.credentials().await.refused("invalid_scope");
}

async fn a_client_proves_itself_as_it_is_registered_to(app: TestApp) {
    let mut settings = machine("posting");
    settings.auth_method = AuthMethod::ClientSecretPost;
    app.run(&client("posting", settings, Some("posted-secret")))
        .await;
    let by_header = |id, secret| {
        Sending::form("/token", [("grant_type", "client_credentials")])
            .with("authorization", basic(id, secret))
    };
    let by_form = |id, secret| {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
        ];
        Sending::form("/token", fields)
    };
    for refused in [
        by_header("machine", "wrong"),
        by_header("nobody", "machine-secret"),
        by_form("posting", "wrong"),
        by_header("machine", "machine-secret")
            .body("grant_type=client_credentials&client_secret=x"),
        Sending::form(
            "/token",
            [
                ("grant_type", "client_credentials"),
                ("client_id", "machine"),
            ],
        ),
        Sending::form("/token", [("grant_type", "client_credentials")]),
    ] {
        let answer = app.send(refused).await;
        let error = answer.json()["error"].clone();
        if error == "invalid_client" {
            answer.refused("invalid_client");
            let challenge = answer.header("www-authenticate");
            assert!(challenge.starts_with("Basic "), "{challenge}");
        } else {
            answer.refused("invalid_request");
        }
    }
    // A secret may come either way. Authenticated, but nothing was asked for.
    for taken in [
        by_form("posting", "posted-secret"),
        by_header("posting", "posted-secret"),
        by_form("machine", "machine-secret"),
    ] {
        app.send(taken).await.refused("invalid_scope");
    }
    let other =
        by_header("machine", "machine-secret").body("grant_type=client_credentials&client_id=web");
    app.send(other).await.refused("invalid_request");
}

async fn a_disabled_client_gets_nothing(app: TestApp) {
    let web = app.client("web");
    let flow = web.code_flow("alice").scope("photos:read");
    let tokens = flow.clone().await;
    app.set_client("web", |settings| settings.enabled = false)
        .await;
    web.refresh(&tokens).await.refused("invalid_client");
    let at_photos = app.introspect(PHOTOS, &tokens.access_token).await;
    assert_eq!(at_photos["active"], false);
    app.get(&flow.address()).await.is(400);
    app.set_client("web", |settings| settings.enabled = true)
        .await;
    web.refresh(&tokens).await.ok();
}

async fn a_client_gets_no_grant_type_that_it_is_not_registered_for(app: TestApp) {
    app.client("web")
        .credentials()
        .await
        .refused("unauthorized_client");
    let machine = app.client("machine");
    machine
        .redeem("a-code")
        .await
        .refused("unauthorized_client");
    let password = machine.asks("password").with("username", "alice");
    password.await.refused("unsupported_grant_type");
    let flow = machine.code_flow("alice").without("redirect_uri");
    app.get(&flow.address()).await.is(400);
}

async fn the_token_endpoint_takes_forms_by_post_only(app: TestApp) {
    for path in ["/token", "/introspect", "/revoke"] {
        let refused = app.get(path).await.is(405);
        assert!(refused.header("allow").contains("POST"), "{refused:?}");
        assert_eq!(refused.json()["error"], "invalid_request");
        let long = Sending::form(path, []).body("x".repeat(2 * 1024 * 1024));
        app.send(long).await.refused("invalid_request");
    }
    let json = Sending::new(Method::POST, "/token")
        .with("content-type", "application/json")
        .body("{\"grant_type\":\"client_credentials\"}");
    app.send(json).await.refused("invalid_request");
    let broken = Sending::form("/token", []).body("grant_type=%zz");
    app.send(broken).await.refused("invalid_request");
    let missing = Sending::form("/token", [("code_verifier", VERIFIER)]);
    app.send(missing).await.refused("invalid_request");
}
