//! The management API as a receiver uses it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde_json::{Value, json};

use super::{http, serve};
use crate::receiver::{ClientError, Transmitter};
use crate::stream::{
    AddSubject, CreateStream, Delivery, RemoveSubject, Status, StreamStatus, UpdateStream,
    VerificationRequest,
};
use crate::{Deviation, Mode, Subject};

/// A transmitter that answers by method and address, and keeps the requests.
#[derive(Clone, Default)]
struct Fake {
    answers: Arc<Mutex<HashMap<String, (u16, Value)>>>,
    requests: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Fake {
    fn answer(&self, request: &str, status: u16, body: Value) {
        self.answers
            .lock()
            .unwrap()
            .insert(request.to_owned(), (status, body));
    }

    fn last(&self) -> (String, Value) {
        self.requests.lock().unwrap().last().unwrap().clone()
    }
}

async fn answer(State(fake): State<Fake>, request: Request) -> Response {
    let name = format!("{} {}", request.method(), request.uri());
    let authorised = request
        .headers()
        .get("authorization")
        .is_some_and(|value| value == "Bearer access");
    let body: Bytes = axum::body::to_bytes(request.into_body(), 10_000)
        .await
        .unwrap();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    fake.requests.lock().unwrap().push((name.clone(), body));
    if !authorised && !name.contains("/.well-known/") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match fake.answers.lock().unwrap().get(&name) {
        Some((status, Value::Null)) => StatusCode::from_u16(*status).unwrap().into_response(),
        Some((status, body)) => (
            StatusCode::from_u16(*status).unwrap(),
            Body::from(body.to_string()),
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

const INSERTED: &str = "GET /.well-known/ssf-configuration/tenant";
const SUFFIXED: &str = "GET /tenant/.well-known/ssf-configuration";

/// A transmitter with its issuer.
async fn fake() -> (Fake, String) {
    let fake = Fake::default();
    let url = serve(Router::new().fallback(answer).with_state(fake.clone())).await;
    let issuer = format!("{url}/tenant");
    (fake, issuer)
}

fn metadata(issuer: &str) -> Value {
    let endpoint = |name: &str| format!("{issuer}/{name}");
    json!({
        "spec_version": "1_0",
        "issuer": issuer,
        "jwks_uri": endpoint("jwks"),
        "configuration_endpoint": endpoint("stream"),
        "status_endpoint": endpoint("status"),
        "add_subject_endpoint": endpoint("add"),
        "remove_subject_endpoint": endpoint("remove"),
        "verification_endpoint": endpoint("verify"),
    })
}

fn stream(issuer: &str) -> Value {
    json!({
        "stream_id": "1",
        "iss": issuer,
        "aud": "https://receiver.example.com",
        "events_delivered": [],
        "delivery": { "method": "urn:ietf:rfc:8936", "endpoint_url": format!("{issuer}/poll/1") },
    })
}

async fn client(issuer: &str, mode: Mode) -> Result<Transmitter<String>, ClientError> {
    let discovered = Transmitter::discover(http(), issuer, "access".to_owned(), mode).await?;
    Ok(discovered.value)
}

#[tokio::test]
async fn metadata_is_found_before_the_path_or_behind_it() {
    for at in [INSERTED, SUFFIXED] {
        let (fake, issuer) = fake().await;
        fake.answer(at, 200, metadata(&issuer));
        let client = client(&issuer, Mode::Strict).await.unwrap();
        assert_eq!(client.metadata().issuer, issuer);
        assert!(client.keys().is_ok());
        assert_eq!(fake.last().0, at);
    }
    let (_, issuer) = fake().await;
    let outcome = client(&issuer, Mode::Strict).await;
    assert!(matches!(
        outcome,
        Err(ClientError::Status {
            status: StatusCode::NOT_FOUND,
            ..
        })
    ));
}

/// As authentik has it.
#[tokio::test]
async fn an_issuer_may_be_the_address_of_its_metadata_in_tolerant_mode() {
    let (fake, issuer) = fake().await;
    let issuer = issuer.replace("/tenant", "/.well-known/ssf-configuration/app");
    let at = "GET /.well-known/ssf-configuration/app";
    fake.answer(at, 200, metadata(&issuer));
    assert!(client(&issuer, Mode::Strict).await.is_err());
    let access = "access".to_owned();
    let discovered = Transmitter::discover(http(), &issuer, access, Mode::Tolerant).await;
    let expected = [Deviation::IssuerIsWellKnown];
    assert_eq!(discovered.unwrap().deviations.as_slice(), expected);
}

#[tokio::test]
async fn metadata_of_another_issuer_is_refused() {
    let (fake, issuer) = fake().await;
    fake.answer(INSERTED, 200, metadata("http://127.0.0.1:1/tenant"));
    fake.answer(SUFFIXED, 200, metadata(&issuer));
    let outcome = client(&issuer, Mode::Tolerant).await;
    assert!(
        matches!(outcome, Err(ClientError::Answer(_))),
        "not even then is the second tried"
    );
}

#[tokio::test]
async fn a_stream_is_made_read_changed_and_deleted() {
    let (fake, issuer) = fake().await;
    fake.answer(INSERTED, 200, metadata(&issuer));
    let client = client(&issuer, Mode::Strict).await.unwrap();

    fake.answer("POST /tenant/stream", 201, stream(&issuer));
    let request = CreateStream {
        delivery: Some(Delivery::Poll { endpoint_url: None }),
        ..CreateStream::default()
    };
    let made = client.create(&request).await.unwrap().value;
    assert_eq!(made.stream_id, "1");
    assert_eq!(
        fake.last().1,
        json!({ "delivery": { "method": "urn:ietf:rfc:8936" } })
    );

    fake.answer("GET /tenant/stream?stream_id=1", 200, stream(&issuer));
    assert_eq!(client.read("1").await.unwrap().value, made);
    fake.answer("GET /tenant/stream?stream_id=a%26b", 404, Value::Null);
    assert!(client.read("a&b").await.is_err());
    assert_eq!(fake.last().0, "GET /tenant/stream?stream_id=a%26b");
    fake.answer("GET /tenant/stream", 200, json!([stream(&issuer)]));
    assert_eq!(client.list().await.unwrap().value[0], made);

    let change = UpdateStream {
        stream_id: "1".into(),
        description: Some("of a test".into()),
        ..UpdateStream::default()
    };
    fake.answer("PATCH /tenant/stream", 200, stream(&issuer));
    assert_eq!(client.update(&change).await.unwrap().unwrap().value, made);
    assert_eq!(
        fake.last().1,
        json!({ "stream_id": "1", "description": "of a test" })
    );
    fake.answer("PUT /tenant/stream", 202, Value::Null);
    assert_eq!(client.replace(&change).await.unwrap(), None);

    fake.answer("DELETE /tenant/stream?stream_id=1", 204, Value::Null);
    client.delete("1").await.unwrap();
}

#[tokio::test]
async fn a_stream_of_another_issuer_is_refused() {
    let (fake, issuer) = fake().await;
    fake.answer(INSERTED, 200, metadata(&issuer));
    let client = client(&issuer, Mode::Tolerant).await.unwrap();
    let foreign = stream("https://elsewhere.example.com");
    fake.answer("GET /tenant/stream?stream_id=1", 200, foreign.clone());
    fake.answer("GET /tenant/stream", 200, json!([foreign]));
    assert!(matches!(client.read("1").await, Err(ClientError::Issuer)));
    assert!(matches!(client.list().await, Err(ClientError::Issuer)));
}

#[tokio::test]
async fn status_subjects_and_verification() {
    let (fake, issuer) = fake().await;
    fake.answer(INSERTED, 200, metadata(&issuer));
    let client = client(&issuer, Mode::Strict).await.unwrap();

    let paused = json!({ "stream_id": "1", "status": "paused", "reason": "maintenance" });
    fake.answer("GET /tenant/status?stream_id=1", 200, paused.clone());
    let status = client.status("1").await.unwrap();
    assert_eq!(status.status, Status::Paused);
    fake.answer("POST /tenant/status", 200, paused.clone());
    let change = StreamStatus {
        reason: None,
        ..status.clone()
    };
    assert_eq!(client.set_status(&change).await.unwrap(), Some(status));

    let subject = Subject::email("alice@example.com").unwrap();
    fake.answer("POST /tenant/add", 200, Value::Null);
    let add = AddSubject {
        stream_id: "1".into(),
        subject: subject.clone(),
        verified: Some(false),
    };
    client.add_subject(&add).await.unwrap();
    assert_eq!(fake.last().1["verified"], false);
    fake.answer("POST /tenant/remove", 204, Value::Null);
    client
        .remove_subject(&RemoveSubject {
            stream_id: "1".into(),
            subject,
        })
        .await
        .unwrap();
    assert_eq!(fake.last().1["subject"]["email"], "alice@example.com");

    let request = VerificationRequest {
        stream_id: "1".into(),
        state: Some("s".into()),
    };
    fake.answer("POST /tenant/verify", 204, Value::Null);
    client.verify(&request).await.unwrap();
    assert_eq!(fake.last().1, json!({ "stream_id": "1", "state": "s" }));
}

#[tokio::test]
async fn what_a_transmitter_does_not_offer_is_said_before_it_is_asked() {
    let (fake, issuer) = fake().await;
    fake.answer(INSERTED, 200, json!({ "issuer": issuer }));
    assert!(matches!(
        client(&issuer, Mode::Strict).await,
        Err(ClientError::Answer(_))
    ));
    let discovered =
        Transmitter::discover(http(), &issuer, "access".to_owned(), Mode::Tolerant).await;
    let discovered = discovered.unwrap();
    assert_eq!(
        discovered.deviations.as_slice(),
        [Deviation::SpecVersion(None)]
    );
    let client = discovered.value;
    assert!(matches!(
        client.keys(),
        Err(ClientError::NotOffered("jwks_uri"))
    ));
    assert!(matches!(
        client.status("1").await,
        Err(ClientError::NotOffered("status_endpoint"))
    ));
}

#[tokio::test]
async fn an_access_token_is_not_sent_without_tls_in_any_mode() {
    let mut metadata = metadata("https://tr.example.com");
    for url in ["http://tr.example.com/a", "http://127.0.0.1:1/a", "/a"] {
        for name in ["configuration_endpoint", "status_endpoint", "jwks_uri"] {
            metadata[name] = json!(url);
        }
        let metadata = serde_json::from_value(metadata.clone()).unwrap();
        let client = Transmitter::new(http(), metadata, "access".to_owned(), Mode::Tolerant);
        let insecure = ClientError::Insecure("configuration_endpoint").to_string();
        assert_eq!(client.list().await.unwrap_err().to_string(), insecure);
        let insecure = ClientError::Insecure("status_endpoint").to_string();
        assert_eq!(client.status("1").await.unwrap_err().to_string(), insecure);
        assert!(matches!(
            client.keys(),
            Err(ClientError::Insecure("jwks_uri"))
        ));
    }
}
