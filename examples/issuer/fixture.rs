//! An issuer for tests, with real keys and real HTTP on a port of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use jose::{Alg, SigningKey, Typ};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[derive(Clone)]
pub(crate) struct TestIssuer {
    pub(crate) url: String,
    keys: Arc<Mutex<Vec<SigningKey>>>,
    fetches: Arc<AtomicUsize>,
    server: Arc<JoinHandle<()>>,
}

impl TestIssuer {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| Router::new()).await
    }

    /// An issuer that has other endpoints too.
    pub(crate) async fn start_with(endpoints: impl FnOnce(Self) -> Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            keys: Arc::new(Mutex::new(vec![SigningKey::generate(Alg::Es256).unwrap()])),
            fetches: Arc::default(),
            server: Arc::new(tokio::spawn(async {})),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(jwks))
            .with_state(issuer.clone())
            .merge(endpoints(issuer.clone()));
        let server = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self {
            server: Arc::new(server),
            ..issuer
        }
    }

    /// Signs with the newest key.
    pub(crate) fn sign(&self, typ: Typ, claims: &Value) -> String {
        self.keys
            .lock()
            .unwrap()
            .last()
            .unwrap()
            .sign(typ, claims)
            .unwrap()
    }

    /// Publishes a new key and signs with it from now on.
    pub(crate) fn add_key(&self) {
        self.keys
            .lock()
            .unwrap()
            .push(SigningKey::generate(Alg::Es256).unwrap());
    }

    /// Publishes the oldest key no more.
    pub(crate) fn withdraw_key(&self) {
        self.keys.lock().unwrap().remove(0);
    }

    /// How often the keys were asked for.
    pub(crate) fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    /// Stops answering.
    pub(crate) async fn stop(&self) {
        self.server.abort();
        while !self.server.is_finished() {
            tokio::task::yield_now().await;
        }
    }
}

async fn metadata(State(TestIssuer { url, .. }): State<TestIssuer>) -> Json<Value> {
    Json(json!({
        "issuer": url,
        "jwks_uri": format!("{url}/jwks"),
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/userinfo"),
        "end_session_endpoint": format!("{url}/logout"),
    }))
}

async fn jwks(State(issuer): State<TestIssuer>) -> Json<Value> {
    issuer.fetches.fetch_add(1, Ordering::SeqCst);
    let keys = issuer.keys.lock().unwrap();
    Json(json!({ "keys": keys.iter().map(SigningKey::public).collect::<Vec<_>>() }))
}
