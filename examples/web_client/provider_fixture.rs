//! A provider for tests: it agrees to everything, remembers what it was asked, and checks what a
//! provider must check. Its codes carry the request they answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jose::Typ;
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::Serializer;

use super::issuer::{self, fixture::TestIssuer};

#[derive(Clone)]
pub(crate) struct TestProvider {
    issuer: TestIssuer,
    state: Arc<Mutex<Remembered>>,
}

struct Remembered {
    person: String,
    /// The one refresh token that is good now.
    generation: usize,
    /// The `resource` of every refresh.
    refreshes: Vec<String>,
}

impl TestProvider {
    pub(crate) async fn start() -> Self {
        let state = Remembered {
            person: "alice".into(),
            generation: 0,
            refreshes: Vec::new(),
        };
        let state = Arc::new(Mutex::new(state));
        let shared = state.clone();
        let endpoints = |issuer| {
            Router::new()
                .route("/token", post(token))
                .route("/userinfo", get(user_info))
                .route("/api/v1/events", get(events))
                .route("/{api}", get(api))
                .with_state(Self {
                    issuer,
                    state: shared,
                })
        };
        Self {
            issuer: TestIssuer::start_with(endpoints).await,
            state,
        }
    }

    pub(crate) fn url(&self) -> String {
        self.issuer.url.clone()
    }

    /// The path that the browser is sent back to when everything is in order.
    pub(crate) fn agree(&self, request: &str) -> String {
        let request: HashMap<_, _> = Url::parse(request)
            .unwrap()
            .query_pairs()
            .into_owned()
            .collect();
        assert_eq!(request["redirect_uri"], "http://127.0.0.1:8603/callback");
        let code = URL_SAFE_NO_PAD.encode(json!(request).to_string());
        self.back(&request["state"], &[("code", &code)])
    }

    /// The path that the browser is sent back to with another answer.
    pub(crate) fn answer(&self, request: &str, answer: &[(&str, &str)]) -> String {
        let request = Url::parse(request).unwrap();
        let state = request
            .query_pairs()
            .find(|(name, _)| name == "state")
            .unwrap()
            .1;
        self.back(&state, answer)
    }

    fn back(&self, state: &str, answer: &[(&str, &str)]) -> String {
        let query = Serializer::new(String::new())
            .extend_pairs(answer)
            .extend_pairs([("state", state), ("iss", &self.issuer.url)])
            .finish();
        format!("/callback?{query}")
    }

    pub(crate) fn switch_to(&self, person: &str) {
        self.state.lock().unwrap().person = person.into();
    }

    /// No refresh token is good any more.
    pub(crate) fn end_sessions(&self) {
        self.state.lock().unwrap().generation += 1;
    }

    pub(crate) fn refreshes(&self) -> Vec<String> {
        self.state.lock().unwrap().refreshes.clone()
    }

    fn tokens(&self, resource: &str, nonce: &str) -> Value {
        let state = self.state.lock().unwrap();
        let now = issuer::now();
        let claims = |aud: &str| {
            json!({
                "iss": self.issuer.url, "sub": state.person, "aud": aud, "nonce": nonce,
                "iat": now, "exp": now + 600,
            })
        };
        json!({
            "access_token": self.issuer.sign(Typ::AT_JWT, &claims(resource)),
            "token_type": "Bearer",
            "expires_in": 600,
            "refresh_token": format!("r{}", state.generation),
            "id_token": self.issuer.sign(Typ::JWT, &claims("web")),
        })
    }
}

async fn token(
    State(provider): State<TestProvider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let resource = field("resource");
    let client = |id: &str| {
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{id}:secret"));
        headers[header::AUTHORIZATION] == format!("Basic {pair}")
    };
    match field("grant_type") {
        "authorization_code" => {
            assert!(client("web"));
            let asked: HashMap<String, String> =
                serde_json::from_slice(&URL_SAFE_NO_PAD.decode(field("code")).unwrap()).unwrap();
            let hash = aws_lc_rs::digest::digest(
                &aws_lc_rs::digest::SHA256,
                field("code_verifier").as_bytes(),
            );
            assert_eq!(URL_SAFE_NO_PAD.encode(hash), asked["code_challenge"]);
            assert_eq!(asked["redirect_uri"], field("redirect_uri"));
            assert_eq!(asked.get("resource").map_or("", String::as_str), resource);
            Json(provider.tokens(resource, &asked["nonce"])).into_response()
        }
        "refresh_token" => {
            assert!(client("web"));
            let current = {
                let mut state = provider.state.lock().unwrap();
                let current = field("refresh_token") == format!("r{}", state.generation);
                state.refreshes.push(resource.to_owned());
                // Each is good once: the answer holds the next one.
                state.generation += usize::from(current);
                current
            };
            if current {
                Json(provider.tokens(resource, "")).into_response()
            } else {
                (
                    StatusCode::BAD_REQUEST,
                    Json(json!({ "error": "invalid_grant" })),
                )
                    .into_response()
            }
        }
        "client_credentials" => {
            assert!(client("admin"));
            assert_eq!(resource, format!("{}/api/v1", provider.issuer.url));
            Json(provider.tokens(resource, "")).into_response()
        }
        other => panic!("unexpected grant type {other:?}"),
    }
}

async fn user_info(State(provider): State<TestProvider>) -> Json<Value> {
    let person = provider.state.lock().unwrap().person.clone();
    Json(json!({ "sub": person, "name": "Alice", "preferred_username": person }))
}

/// An API that looks at the audience only.
async fn api(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let token = headers[header::AUTHORIZATION].to_str().unwrap();
    let claims = URL_SAFE_NO_PAD
        .decode(token.split('.').nth(1).unwrap())
        .unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    if claims["aud"] == format!("https://{name}.example/") {
        Json(json!({ name: [] })).into_response()
    } else {
        let reason = format!("this token is not for {name}");
        let body = Json(json!({ "error": "invalid_token", "error_description": reason }));
        (StatusCode::UNAUTHORIZED, body).into_response()
    }
}

/// One event on the first page and nothing behind it.
async fn events(axum::extract::RawQuery(query): axum::extract::RawQuery) -> Json<Value> {
    let event = json!({
        "sequence": "000000000000000001", "time": "2026-11-22T09:00:00.123Z",
        "type": "session.started", "subject": "session/1", "data": {},
    });
    let items = if query.is_none() {
        vec![event]
    } else {
        Vec::new()
    };
    Json(json!({ "items": items, "next": "1.1", "more": false }))
}
