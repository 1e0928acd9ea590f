//! What holds for every answer of the site.

use axum::http::Method;

use crate::support::http::Sending;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    every_answer_has_its_headers,
    the_server_says_whether_it_is_there,
    what_is_too_large_is_refused,
    what_does_not_exist_is_said_so,
    the_address_of_a_form_leads_to_its_page,
];

async fn every_answer_has_its_headers(app: TestApp) {
    for path in [
        "/",
        "/sign-in",
        "/jwks",
        "/token",
        "/userinfo",
        "/healthz",
        "/static/x",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        let transport = answer.header("strict-transport-security");
        assert!(transport.contains("max-age="), "{path}");
        assert_eq!(answer.header("x-request-id").len(), 32, "{path}");
    }
    let (first, second) = (app.get("/jwks").await, app.get("/jwks").await);
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

async fn the_server_says_whether_it_is_there(app: TestApp) {
    for path in ["/healthz", "/readyz"] {
        app.get(path).await.is(200);
    }
}

async fn what_is_too_large_is_refused(app: TestApp) {
    let large = "x".repeat(65 * 1024);
    let request = app.client("machine").credentials().with("scope", &large);
    request.await.refused("invalid_request");
    let many: Vec<(String, &str)> = (0..200).map(|n| (format!("p{n}"), "")).collect();
    let many = many.iter().map(|(name, value)| (name.as_str(), *value));
    app.send(Sending::form("/token", many))
        .await
        .refused("invalid_request");
    let huge = Sending::form("/sign-in", []).body("x".repeat(2 * 1024 * 1024));
    app.send(huge).await.is(413);
}

async fn what_does_not_exist_is_said_so(app: TestApp) {
    let answer = app.get("/no/such/page").await.is(404);
    assert!(answer.header("content-type").starts_with("text/html"));
    let delete = Sending::new(Method::DELETE, "/account");
    app.send(delete).await.is(405);
}

async fn the_address_of_a_form_leads_to_its_page(app: TestApp) {
    for (form, page) in [
        ("/sign-in/new-password", "/sign-in"),
        ("/account/sessions/end", "/account/sessions"),
        ("/account/apps/revoke", "/account/apps"),
    ] {
        let answer = app.get(form).await;
        assert_eq!(answer.location().path(), page, "{form}");
    }
}
