//! RFC 8935 at the receiving end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::any_service;
use http::StatusCode;
use serde_json::Value;

use super::{Kept, http, inbox, serve, token, verification, verifier};
use crate::Refusal;
use crate::receiver::{Inbox, Push, RecentTokens, Seen};
use crate::stream::AuthorizationHeader;
use crate::tests::NOW;

async fn receiver(kept: &Kept) -> String {
    serve(Router::new().route("/ssf", any_service(Push::new(inbox(kept))))).await
}

async fn push(url: &str, token: &str) -> reqwest::Response {
    push_as(url, token, "application/secevent+jwt", None).await
}

async fn push_as(
    url: &str,
    token: &str,
    content_type: &str,
    authorization: Option<&str>,
) -> reqwest::Response {
    let mut request = http()
        .post(format!("{url}/ssf"))
        .header("content-type", content_type)
        .body(token.to_owned());
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_token_is_taken_once_and_accepted_each_time() {
    let kept = Kept::default();
    let url = receiver(&kept).await;
    for _ in 0..2 {
        let response = push(&url, &token("1")).await;
        assert_eq!(response.status(), StatusCode::ACCEPTED);
        assert!(response.bytes().await.unwrap().is_empty());
    }
    assert_eq!(kept.jtis(), ["1"]);
}

#[tokio::test]
async fn a_refusal_says_why() {
    let kept = Kept::default();
    let url = receiver(&kept).await;
    for (token, err) in [
        ("not a token".to_owned(), "invalid_request"),
        (format!("{}A", token("1")), "invalid_key"),
        (verification("unexpected"), "invalid_state"),
        ("x".repeat(20_000), "invalid_request"),
    ] {
        let response = push(&url, &token).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.headers()["content-language"], "en");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["err"], err);
        assert_ne!(body["description"], "");
    }
    let response = push_as(&url, &token("1"), "application/jwt", None).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let response = http().get(format!("{url}/ssf")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "POST");
    assert!(kept.jtis().is_empty());
    let response = push_as(
        &url,
        &token("1"),
        "Application/SecEvent+JWT; charset=utf-8",
        None,
    )
    .await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_token_that_was_not_taken_may_come_again() {
    let kept = Kept::default();
    kept.failures.store(1, Ordering::SeqCst);
    let url = receiver(&kept).await;
    assert_eq!(
        push(&url, &token("1")).await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(push(&url, &token("1")).await.status(), StatusCode::ACCEPTED);
    assert_eq!(kept.jtis(), ["1"]);
}

#[tokio::test]
async fn the_header_of_the_stream_is_asked_for() {
    let kept = Kept::default();
    let header = AuthorizationHeader::try_from("Bearer of-the-receiver".to_owned()).unwrap();
    let service = Push::new(inbox(&kept)).with_authorization(header);
    let url = serve(Router::new().route("/ssf", any_service(service))).await;
    let push = |value: Option<&'static str>| {
        let url = url.clone();
        async move { push_as(&url, &token("1"), "application/secevent+jwt", value).await }
    };
    for wrong in [
        None,
        Some("Bearer of-the-receiveR"),
        Some("Bearer"),
        Some("of-the-receiver"),
    ] {
        let response = push(wrong).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["err"], "authentication_failed");
    }
    let response = push(Some("Bearer of-the-receiver")).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn the_memory_of_duplicates_is_bounded_and_by_issuer() {
    let seen = RecentTokens::new(2);
    for jti in ["1", "2", "2", "3"] {
        seen.insert("iss", jti).await;
    }
    assert!(!seen.contains("iss", "1").await, "the oldest is forgotten");
    assert!(seen.contains("iss", "2").await && seen.contains("iss", "3").await);
    assert!(!seen.contains("other", "3").await);
    assert!(!seen.contains("is", "s3").await, "the same letters");
}

#[tokio::test]
async fn a_sink_may_be_a_closure_and_remember_duplicates_itself() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let sink = move |_| {
        let counted = counted.clone();
        async move {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    };
    let keys = Arc::new(crate::tests::keys());
    let inbox = Inbox::new(verifier(), keys, sink)
        .with_clock(|| NOW)
        .remembering(());
    for _ in 0..2 {
        inbox.receive(&token("1")).await.unwrap();
    }
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_sink_hears_of_what_did_not_verify() {
    let kept = Kept::default();
    let inbox = inbox(&kept);
    assert!(inbox.receive("not a token").await.is_err());
    assert!(inbox.receive(&verification("unexpected")).await.is_err());
    let refusals = kept.refusals.lock().unwrap().clone();
    assert_eq!(refusals, [Refusal::Token(jose::TokenError::Malformed)]);
}
