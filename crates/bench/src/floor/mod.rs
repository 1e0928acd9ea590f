//! The floors: a bare axum handler for each thing that is measured, which does the work that nobody
//! could leave out and nothing else. No clients, no rules, no liveness of anything but the row read.

mod access_log;
mod delivery;
mod store;
mod token;

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use url::Url;
use uuid::Uuid;

use self::delivery::Deliveries;
use self::store::Store;
use self::token::{Claims, Key};

/// The floor's secret, for the one client that it knows.
pub const SECRET: &str = "the-secret-of-every-program-f9b1c9a27d074c0a";

/// Grants that the store begins with, each with a refresh token.
pub const GRANTS: u128 = 64;

/// The id of one of them.
pub fn grant_id(grant: u128) -> String {
    Uuid::from_u128(grant).to_string()
}

/// The first refresh token of a grant.
pub fn first_refresh_token(grant: u128) -> String {
    format!("{}.0", grant_id(grant))
}

struct Floor {
    key: Key,
    secret_hash: Vec<u8>,
    store: Store,
    deliveries: Mutex<Deliveries>,
}

type Refused = StatusCode;

/// Serves until killed. Its database is made anew in `folder`.
pub async fn serve(port: u16, folder: &Path, logs: bool) -> Result<()> {
    let floor = Floor {
        key: Key::generate()?,
        secret_hash: digest(&SHA256, SECRET.as_bytes()).as_ref().to_vec(),
        store: Store::create(folder)?,
        deliveries: Mutex::new(Deliveries::create(folder)?),
    };
    let mut router = Router::new()
        .route("/", get(async || "a floor"))
        .route("/token", post(sign))
        .route("/refresh", post(rotate))
        .route("/introspect/row", post(read))
        .route("/introspect/jwt", post(verify))
        .route("/deliveries/prepare", post(prepare))
        .route("/deliveries/send", post(send))
        .with_state(Arc::new(floor));
    if logs {
        access_log::start();
        router = router.layer(from_fn(access_log::note));
    }
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let listener = listener.tap_io(|stream| {
        // Only slower without it.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await?;
    Ok(())
}

#[derive(Deserialize)]
struct TokenForm {
    client_id: String,
    client_secret: String,
    resource: String,
    scope: String,
    #[serde(default)]
    grant: Uuid,
}

#[derive(Serialize)]
struct Tokens {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    scope: String,
}

/// Form, SHA-256, comparison, one ES256 signature.
async fn sign(
    State(floor): State<Arc<Floor>>,
    Form(form): Form<TokenForm>,
) -> Result<Json<Tokens>, Refused> {
    floor.authenticate(&form.client_secret)?;
    let claims = Claims::new(&form.client_id, &form.resource, &form.scope, form.grant);
    Ok(Json(Tokens {
        access_token: floor.key.sign(&claims).map_err(failed)?,
        token_type: "Bearer",
        expires_in: 600,
        refresh_token: None,
        scope: form.scope,
    }))
}

#[derive(Deserialize)]
struct RefreshForm {
    client_id: String,
    client_secret: String,
    resource: String,
    refresh_token: String,
}

/// The same, and one durable row update, committed in groups.
async fn rotate(
    State(floor): State<Arc<Floor>>,
    Form(form): Form<RefreshForm>,
) -> Result<Json<Tokens>, Refused> {
    floor.authenticate(&form.client_secret)?;
    let (grant, generation) = form.refresh_token.split_once('.').ok_or_else(|| bad(()))?;
    let generation: i64 = generation.parse().map_err(bad)?;
    let grant: Uuid = grant.parse().map_err(bad)?;
    if !floor
        .store
        .rotate(grant, generation)
        .await
        .map_err(failed)?
    {
        return Err(bad(()));
    }
    let claims = Claims::new(&form.client_id, &form.resource, "read", grant);
    Ok(Json(Tokens {
        access_token: floor.key.sign(&claims).map_err(failed)?,
        token_type: "Bearer",
        expires_in: 600,
        refresh_token: Some(format!("{grant}.{}", generation + 1)),
        scope: "read".into(),
    }))
}

#[derive(Deserialize)]
struct IntrospectForm {
    token: String,
}

#[derive(Serialize)]
struct Introspected<'a> {
    active: bool,
    token_type: &'static str,
    username: String,
    #[serde(flatten)]
    claims: &'a Claims<'a>,
}

/// As many rows by key as our introspection reads, and a JSON answer. The token is the key.
async fn read(
    State(floor): State<Arc<Floor>>,
    Form(form): Form<IntrospectForm>,
) -> Result<Response, Refused> {
    let grant = form.token.parse().map_err(bad)?;
    let claims = Claims::new("client", "https://api.example/", "read", grant);
    floor.introspect(&claims)
}

/// One ES256 verification, the same rows, and a JSON answer.
async fn verify(
    State(floor): State<Arc<Floor>>,
    Form(form): Form<IntrospectForm>,
) -> Result<Response, Refused> {
    let payload = floor.key.verify(&form.token).map_err(bad)?;
    let claims: Claims<'_> = serde_json::from_slice(&payload).map_err(bad)?;
    floor.introspect(&claims)
}

#[derive(Deserialize)]
struct PrepareForm {
    count: u32,
}

async fn prepare(
    State(floor): State<Arc<Floor>>,
    Form(form): Form<PrepareForm>,
) -> Result<(), Refused> {
    let mut deliveries = floor.deliveries.lock().await;
    deliveries.prepare(form.count).map_err(failed)
}

#[derive(Deserialize)]
struct SendForm {
    url: Url,
    alg: String,
}

/// Answers when all is delivered.
async fn send(State(floor): State<Arc<Floor>>, Form(form): Form<SendForm>) -> Result<(), Refused> {
    let mut deliveries = floor.deliveries.lock().await;
    deliveries.send(&form.url, &form.alg).await.map_err(failed)
}

impl Floor {
    fn authenticate(&self, secret: &str) -> Result<(), Refused> {
        let hash = digest(&SHA256, secret.as_bytes());
        verify_slices_are_equal(hash.as_ref(), &self.secret_hash)
            .map_err(|_| StatusCode::UNAUTHORIZED)
    }

    fn introspect(&self, claims: &Claims<'_>) -> Result<Response, Refused> {
        let username = self.store.username(claims.grant).map_err(failed)?;
        let answer = Introspected {
            active: true,
            token_type: "Bearer",
            username,
            claims,
        };
        Ok(Json(answer).into_response())
    }
}

fn bad<E>(_: E) -> Refused {
    StatusCode::BAD_REQUEST
}

fn failed<E>(_: E) -> Refused {
    StatusCode::INTERNAL_SERVER_ERROR
}
