//! A transmitter for tests: it keeps streams, remembers what it was asked, and pushes what a test
//! tells it to. It checks what a transmitter must check.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use jose::Typ;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::issuer::{self, fixture::TestIssuer};

const AUDIENCE: &str = "https://receiver.example";

#[derive(Clone)]
pub(crate) struct TestTransmitter {
    issuer: TestIssuer,
    streams: Arc<Mutex<Vec<Value>>>,
    /// Requests for access tokens.
    tokens: Arc<Mutex<usize>>,
    /// The states that verifications were asked for with.
    states: watch::Sender<Vec<String>>,
    /// What is answered to the first request for a verification.
    first: StatusCode,
}

impl TestTransmitter {
    pub(crate) async fn start() -> Self {
        Self::with_first_answer(StatusCode::NO_CONTENT).await
    }

    /// One that answers the first request for a verification like this.
    pub(crate) async fn with_first_answer(first: StatusCode) -> Self {
        let (streams, tokens) = (Arc::default(), Arc::default());
        let (states, _) = watch::channel(Vec::new());
        let of = |issuer| Self {
            issuer,
            streams: Arc::clone(&streams),
            tokens: Arc::clone(&tokens),
            states: states.clone(),
            first,
        };
        let endpoints = |issuer| {
            Router::new()
                .route("/.well-known/ssf-configuration", get(metadata))
                .route("/token", post(token))
                .route("/ssf/streams", get(list).post(create).patch(update))
                .route("/ssf/status", post(set_status))
                .route("/ssf/verify", post(verify))
                .with_state(of(issuer))
        };
        of(TestIssuer::start_with(endpoints).await)
    }

    pub(crate) fn url(&self) -> String {
        self.issuer.url.clone()
    }

    pub(crate) fn streams(&self) -> Vec<Value> {
        self.streams.lock().unwrap().clone()
    }

    pub(crate) fn add_stream(&self, stream: Value) {
        self.streams.lock().unwrap().push(stream);
    }

    pub(crate) fn tokens(&self) -> usize {
        *self.tokens.lock().unwrap()
    }

    /// The state of the verification that is asked for as the `count`th.
    pub(crate) async fn asked(&self, count: usize) -> String {
        let mut states = self.states.subscribe();
        let states = states.wait_for(|states| states.len() >= count).await;
        states.unwrap()[count - 1].clone()
    }

    /// Pushes an event by the newest stream.
    pub(crate) async fn push(&self, jti: &str, sub_id: Value, event: Value) -> (u16, Value) {
        let delivery = self.streams().pop().unwrap()["delivery"].clone();
        let authorization = delivery["authorization_header"].as_str().unwrap();
        self.push_as(authorization, jti, sub_id, event).await
    }

    pub(crate) async fn push_as(
        &self,
        authorization: &str,
        jti: &str,
        sub_id: Value,
        event: Value,
    ) -> (u16, Value) {
        let claims = json!({
            "iss": self.url(), "iat": issuer::now(), "jti": jti, "aud": AUDIENCE,
            "txn": "cause", "sub_id": sub_id, "events": event,
        });
        let delivery = self.streams().pop().unwrap()["delivery"].clone();
        let response = issuer::http()
            .unwrap()
            .post(delivery["endpoint_url"].as_str().unwrap())
            .header(header::AUTHORIZATION, authorization)
            .header(header::CONTENT_TYPE, "application/secevent+jwt")
            .body(self.issuer.sign(Typ::SECEVENT_JWT, &claims))
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or_default())
    }

    fn admits(&self, headers: &HeaderMap) {
        let token = headers[header::AUTHORIZATION].to_str().unwrap();
        let expected = self.issuer.sign(Typ::AT_JWT, &json!({}));
        let claims = |token: &str| token.split('.').nth(1).map(str::to_owned);
        assert_eq!(
            claims(token.strip_prefix("Bearer ").unwrap()),
            claims(&expected)
        );
    }
}

async fn metadata(State(transmitter): State<TestTransmitter>) -> Json<Value> {
    let url = transmitter.url();
    Json(json!({
        "spec_version": "1_0",
        "issuer": url,
        "jwks_uri": format!("{url}/jwks"),
        "delivery_methods_supported": ["urn:ietf:rfc:8935"],
        "configuration_endpoint": format!("{url}/ssf/streams"),
        "status_endpoint": format!("{url}/ssf/status"),
        "verification_endpoint": format!("{url}/ssf/verify"),
    }))
}

async fn token(
    State(transmitter): State<TestTransmitter>,
    headers: HeaderMap,
    Form(form): Form<Vec<(String, String)>>,
) -> Response {
    let expected = [
        ("grant_type", "client_credentials".to_owned()),
        ("resource", format!("{}/ssf", transmitter.url())),
        ("scope", "ssf.read ssf.manage".to_owned()),
    ];
    assert_eq!(form, expected.map(|(name, value)| (name.to_owned(), value)));
    // `receiver` with `wrong`, or else with `secret`.
    if headers[header::AUTHORIZATION] == "Basic cmVjZWl2ZXI6d3Jvbmc=" {
        let body = Json(json!({ "error": "invalid_client" }));
        return (StatusCode::UNAUTHORIZED, body).into_response();
    }
    assert_eq!(headers[header::AUTHORIZATION], "Basic cmVjZWl2ZXI6c2VjcmV0");
    *transmitter.tokens.lock().unwrap() += 1;
    let token = transmitter.issuer.sign(Typ::AT_JWT, &json!({}));
    Json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": 600 }))
        .into_response()
}

/// The stream as it is told: without the header.
fn told(stream: &Value) -> Value {
    let mut stream = stream.clone();
    let delivery = stream["delivery"].as_object_mut().unwrap();
    delivery.remove("authorization_header");
    stream
}

async fn list(State(transmitter): State<TestTransmitter>, headers: HeaderMap) -> Json<Value> {
    transmitter.admits(&headers);
    transmitter
        .streams()
        .iter()
        .map(told)
        .collect::<Value>()
        .into()
}

async fn create(
    State(transmitter): State<TestTransmitter>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> (StatusCode, Json<Value>) {
    transmitter.admits(&headers);
    let stream = json!({
        "stream_id": format!("stream-{}", transmitter.streams().len() + 1),
        "iss": transmitter.url(),
        "aud": AUDIENCE,
        "events_requested": asked["events_requested"],
        "events_delivered": [],
        "delivery": asked["delivery"],
    });
    transmitter.add_stream(stream.clone());
    (StatusCode::CREATED, Json(told(&stream)))
}

async fn update(
    State(transmitter): State<TestTransmitter>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Json<Value> {
    transmitter.admits(&headers);
    let mut streams = transmitter.streams.lock().unwrap();
    let known = |stream: &&mut Value| stream["stream_id"] == asked["stream_id"];
    let stream = streams.iter_mut().find(known).unwrap();
    stream["delivery"] = asked["delivery"].clone();
    stream["events_requested"] = asked["events_requested"].clone();
    Json(told(stream))
}

async fn set_status(
    State(transmitter): State<TestTransmitter>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Json<Value> {
    transmitter.admits(&headers);
    assert_eq!(asked["status"], "enabled");
    Json(asked)
}

async fn verify(
    State(transmitter): State<TestTransmitter>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Response {
    transmitter.admits(&headers);
    let state = asked["state"].as_str().unwrap().to_owned();
    let is_first = transmitter.states.borrow().is_empty();
    transmitter.states.send_modify(|states| states.push(state));
    if is_first {
        return (transmitter.first, [(header::RETRY_AFTER, "0")]).into_response();
    }
    StatusCode::NO_CONTENT.into_response()
}
