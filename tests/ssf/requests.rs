//! Whose requests are listened to, and how they have to be written.

use axum::http::Method;
use chancery::command::apis::{Change, ChangeApi};
use chancery::ssf_api;
use domain::api::{Principal, SubjectKind};
use domain::value::RuleId;
use serde_json::json;

use super::{Receiver, SESSION_REVOKED, allow, id, receiving, register, token, url};
use crate::support::furnished::PHOTOS;
use crate::support::http::Sending;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    only_a_token_for_this_api_is_taken,
    reading_needs_less_than_changing,
    a_person_may_stand_behind_the_token,
    a_body_is_a_json_object,
    a_token_of_a_disabled_client_is_void,
];

async fn only_a_token_for_this_api_is_taken(app: TestApp) {
    let streams = url("/streams");
    let refused = app.get(&streams).await.is(401);
    assert!(
        refused
            .header("www-authenticate")
            .contains("/.well-known/oauth-protected-resource/ssf\"")
    );
    let other = app.client("machine").credentials().resource(PHOTOS).await;
    let other = other.ok().access_token;
    let refused = app
        .send(Sending::get(&streams).bearer(&other))
        .await
        .is(401);
    assert_eq!(refused.json()["error"], "invalid_token");
    // Neither is one in the query, where logs would keep it.
    let receiver = Receiver::new(&app, "rx", 1).await;
    let in_query = format!("{streams}?access_token={}", receiver.token);
    app.get(&in_query).await.is(401);
    // Nobody's body is read before their token was looked at.
    let large = Sending::new(Method::POST, &streams).body("x".repeat(10_000_000));
    app.send(large).await.is(401);
}

async fn reading_needs_less_than_changing(app: TestApp) {
    let mut receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    receiver.token = token(receiver.client, "ssf.read").await;
    receiver.read(&stream).await;
    receiver
        .get(&format!("/status?stream_id={stream}"))
        .await
        .is(200);
    receiver.poll(&stream, json!({})).await;
    for (method, path, body) in [
        (Method::POST, "/streams", json!({})),
        (Method::PATCH, "/streams", json!({"stream_id": stream})),
        (Method::PUT, "/streams", json!({"stream_id": stream})),
        (
            Method::POST,
            "/status",
            json!({"stream_id": stream, "status": "paused"}),
        ),
        (Method::POST, "/verify", json!({"stream_id": stream})),
        (Method::POST, "/subjects/add", json!({})),
        (Method::POST, "/subjects/remove", json!({})),
    ] {
        let refused = receiver.send(method, path, Some(body)).await.is(403);
        assert_eq!(refused.json()["error"], "insufficient_scope", "{path}");
        assert!(
            refused
                .header("www-authenticate")
                .contains("scope=\"ssf.manage\"")
        );
    }
    let query = format!("?stream_id={stream}");
    receiver.delete(&query).await.is(403);
    // Who may change may read.
    receiver.token = token(receiver.client, "ssf.manage").await;
    receiver.read(&stream).await;
    receiver.poll(&stream, json!({})).await;
}

async fn a_person_may_stand_behind_the_token(app: TestApp) {
    app.set_client("web", |settings| settings.add_stream = 1)
        .await;
    allow(&app, "web", SubjectKind::User).await;
    let people = Principal::Group(app.group_named("photos").await);
    let change = Change::AddRule(RuleId::new(app.new_id()), None, people);
    let api = ssf_api::ID;
    app.run(&ChangeApi { id: api, change }).await;
    let flow = app.client("web").code_flow("alice");
    let flow = flow.resource(&url("")).scope("ssf.read ssf.manage");
    let receiver = Receiver {
        token: flow.await.access_token,
        client: app.client("web"),
    };
    let made = receiver
        .stream(json!({"events_requested": [SESSION_REVOKED]}))
        .await;
    // The stream is the client's, not the person's.
    assert_eq!(made["aud"], "web");
    let flow = app.client("web").code_flow("carol");
    let flow = flow.resource(&url("")).scope("ssf.read");
    let receiver = Receiver {
        token: flow.await.access_token,
        client: app.client("web"),
    };
    assert_eq!(receiver.read(&id(&made)).await, made);
}

async fn a_body_is_a_json_object(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    let send = async |path: &str, content_type: &str, body: &str| {
        let sending = Sending::new(Method::POST, &url(path)).bearer(&receiver.token);
        let sending = sending.with("content-type", content_type).body(body);
        app.send(sending).await
    };
    let poll = format!("/streams/{stream}/poll");
    for path in ["/streams", "/status", "/verify", "/subjects/add", &poll] {
        for content_type in ["text/plain", "application/x-www-form-urlencoded", ""] {
            let refused = send(path, content_type, "{}").await;
            refused.error(415, "invalid_request");
        }
        for body in ["", "[]", "null", "{", "{\"a\":1} {}"] {
            let refused = send(path, "application/json", body).await;
            refused.error(400, "invalid_request");
        }
        let large = format!("{{\"stream_id\":\"{}\"}}", "x".repeat(10_000_000));
        let refused = send(path, "application/json", &large).await;
        refused.error(413, "invalid_request");
    }
    let answer = send(
        &poll,
        "Application/JSON; charset=utf-8",
        r#"{"maxEvents":0}"#,
    )
    .await;
    answer.is(200);
}

async fn a_token_of_a_disabled_client_is_void(app: TestApp) {
    register(&app, "rx", 1).await;
    let receiver = Receiver {
        client: receiving(&app, "rx"),
        token: token(receiving(&app, "rx"), "ssf.manage").await,
    };
    let stream = receiver.polled().await;
    app.set_client("rx", |settings| settings.enabled = false)
        .await;
    receiver
        .get(&format!("/streams?stream_id={stream}"))
        .await
        .is(401);
}
