//! RFC 7662: an API asks about its own tokens, and learns nothing about others.

use chancery::command::sessions::EndSessions;
use chancery::command::users::DisableUser;
use domain::api::ClientPolicy;
use domain::session::EndReason;
use domain::user::DisableReason;
use serde_json::json;

use crate::support::client::basic;
use crate::support::furnished::{FILES, NOTES, PHOTOS};
use crate::support::http::Sending;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    a_token_is_described_to_its_api,
    whatever_is_not_for_the_api_is_inactive,
    a_token_ends_with_what_it_hangs_from,
    the_caller_must_be_an_api,
    an_api_may_be_named_by_id,
];

async fn a_token_is_described_to_its_api(app: TestApp) {
    let flow = app.client("web").code_flow("alice").scope("photos:read");
    let tokens = flow.await;
    let told = app.introspect(PHOTOS, &tokens.access_token).await;
    let claims = tokens.claims(&app);
    assert_eq!(told["active"], true);
    assert_eq!(told["username"], "alice");
    assert_eq!(told["token_type"], "Bearer");
    for claim in [
        "iss",
        "sub",
        "aud",
        "client_id",
        "exp",
        "iat",
        "jti",
        "scope",
    ] {
        assert_eq!(told[claim], claims[claim], "{claim}");
    }
    let machine = app.client("machine").credentials().resource(PHOTOS);
    let told = app
        .introspect(PHOTOS, &machine.await.ok().access_token)
        .await;
    assert_eq!(told["active"], true);
    assert!(told["username"].is_null());
}

async fn whatever_is_not_for_the_api_is_inactive(app: TestApp) {
    let web = app.client("web");
    let jwt = web.code_flow("carol").scope("openid photos:read").await;
    let opaque = web.code_flow("carol").scope("notes:read").await;
    let userinfo = web.code_flow("carol").scope("openid").await;
    assert_eq!(
        app.introspect(NOTES, &opaque.access_token).await["active"],
        true
    );
    let mut tampered = jwt.access_token.clone();
    tampered.replace_range(..1, "f");
    for token in [
        &jwt.access_token,
        &opaque.access_token,
        &userinfo.access_token,
        jwt.id_token.as_ref().unwrap(),
        jwt.refresh_token.as_ref().unwrap(),
        &tampered,
        "garbage",
        "a.b.c",
    ] {
        let told = app.introspect(FILES, token).await;
        assert_eq!(told, json!({ "active": false }), "{token}");
    }
}

async fn a_token_ends_with_what_it_hangs_from(app: TestApp) {
    let web = app.client("web");
    let token = async || {
        let tokens = web.code_flow("alice").scope("notes:read").await;
        tokens.access_token
    };
    let is_active = async |token: &str| app.introspect(NOTES, token).await["active"] == true;

    let over = token().await;
    app.clock.advance(599);
    assert!(is_active(&over).await);
    app.clock.advance(1);
    assert!(!is_active(&over).await, "its time is over");

    let of_session = token().await;
    let user = app.user_named("alice").await;
    let end = EndSessions {
        user,
        except: None,
        reason: EndReason::EndedByUser,
    };
    app.run(&end).await;
    assert!(!is_active(&of_session).await, "the session ended");

    let of_api = token().await;
    let set_policy = async |policy| {
        app.set_api(NOTES, |settings| settings.client_policy = policy)
            .await;
    };
    set_policy(ClientPolicy::Deny).await;
    assert!(!is_active(&of_api).await, "the client lost the API");
    set_policy(ClientPolicy::AllowFirstParty).await;

    let of_user = token().await;
    let disable = DisableUser {
        id: user,
        reason: DisableReason::Administrative,
    };
    app.run(&disable).await;
    assert!(!is_active(&of_user).await, "the user was disabled");
}

async fn the_caller_must_be_an_api(app: TestApp) {
    let request = || Sending::form("/introspect", [("token", "x")]);
    app.send(request()).await.refused("invalid_client");
    for (id, secret) in [
        (PHOTOS, "wrong"),
        ("https://unknown.example/", "api-secret"),
        ("web", "web-secret"),
        ("https://id.example/api/v1", ""),
    ] {
        let request = request().with("authorization", basic(id, secret));
        app.send(request).await.refused("invalid_client");
    }
    let fields = [
        ("token", "x"),
        ("client_id", PHOTOS),
        ("client_secret", "api-secret"),
    ];
    let answer = app.send(Sending::form("/introspect", fields)).await.is(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let both = Sending::form("/introspect", fields);
    let both = both.with("authorization", basic(PHOTOS, "api-secret"));
    app.send(both).await.refused("invalid_client");
    let nothing = Sending::form("/introspect", []);
    let nothing = nothing.with("authorization", basic(PHOTOS, "api-secret"));
    app.send(nothing).await.refused("invalid_request");
}

async fn an_api_may_be_named_by_id(app: TestApp) {
    let id = app.api_of(PHOTOS).to_string();
    let machine = app.client("machine").credentials().resource(PHOTOS);
    let token = machine.await.ok().access_token;
    assert_eq!(app.introspect(&id, &token).await["active"], true);
}
