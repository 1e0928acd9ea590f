//! What is sent is read strictly; what is wrong with it is said as a problem.

use axum::http::Method;
use serde_json::json;

use super::{Operator, all_scopes};
use crate::support::http::Sending;
use crate::support::{TestApp, on_both_databases};

on_both_databases![
    a_body_is_json_of_known_members,
    an_address_or_method_that_is_not_there_is_a_problem,
    a_query_is_read_strictly,
    the_document_is_served_as_it_is_committed,
];

async fn a_body_is_json_of_known_members(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let send = async |content_type: &str, body: String| {
        let sending = Sending::new(Method::POST, "/api/v1/users").bearer(&root.token);
        app.send(sending.with("content-type", content_type).body(body))
            .await
    };
    let user = json!({"username": "zoe"}).to_string();
    send("text/plain", user.clone())
        .await
        .problem(415, "not-json");
    send("application/merge-patch+json", user.clone())
        .await
        .problem(415, "not-json");
    send("application/json", "{".into())
        .await
        .problem(400, "invalid-request");
    send("application/json", format!("{user} {user}"))
        .await
        .problem(400, "invalid-request");
    let large = json!({"username": "z".repeat(256 * 1024)});
    send("application/json", large.to_string())
        .await
        .problem(413, "too-large");
    let profile = json!({"username": "zoe", "profile": {"nick": "Zo"}});
    let problem = root
        .post("/users", profile)
        .await
        .problem(422, "invalid-value");
    assert!(problem["detail"].as_str().unwrap().contains("nick"));
    send("Application/JSON; charset=utf-8", user).await.is(201);
}

async fn an_address_or_method_that_is_not_there_is_a_problem(app: TestApp) {
    for path in ["/api/v1/nothing", "/api/v1", "/api/v1/users/x/y/z"] {
        app.get(path).await.problem(404, "not-found");
    }
    let answer = app.send(Sending::new(Method::PUT, "/api/v1/users")).await;
    assert!(answer.header("allow").contains("POST"), "{answer:?}");
    answer.problem(405, "method-not-allowed");
    let root = Operator::new(&app, "root", &all_scopes()).await;
    root.get("/users/zoe").await.problem(404, "not-found");
}

async fn a_query_is_read_strictly(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    for query in [
        "limit=0",
        "limit=201",
        "limit=x",
        "after=!",
        "name=zoe",
        "email=zoe",
    ] {
        root.get(&format!("/users?{query}"))
            .await
            .problem(400, "invalid-request");
    }
}

async fn the_document_is_served_as_it_is_committed(app: TestApp) {
    let served = app.get("/api/v1/openapi.json").await.is(200).json();
    let committed: serde_json::Value =
        serde_json::from_str(include_str!("../../docs/openapi.json")).unwrap();
    assert_eq!(served, committed);
    let problems = app.get("/api/v1/problems").await.is(200);
    assert!(problems.body.contains("#not-found (404)"));
}
