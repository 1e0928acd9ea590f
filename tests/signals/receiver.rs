//! A receiver of pushed tokens on the loopback: it verifies each by the library, strictly, and answers as
//! it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use shared_signals::{KeyRing, Received, Verifier};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::support::TestApp;
use crate::support::app::{ISSUER, Task};
use crate::support::client::unverified;

/// More than there are ever pushes at once.
const PERMITS: usize = 1000;

/// A push as it came.
#[derive(Debug, Clone)]
pub(crate) struct Push {
    pub(crate) headers: HeaderMap,
    pub(crate) token: String,
}

#[derive(Default)]
struct Inner {
    pushes: Mutex<Vec<Push>>,
    /// What it answers to the next ones; 202 when there is nothing more.
    statuses: Mutex<VecDeque<u16>>,
}

pub(crate) struct Receiver {
    pub(crate) url: String,
    inner: Arc<Inner>,
    /// Where each answer waits, unless it is open.
    gate: Arc<Semaphore>,
    _server: Task,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        let (inner, gate) = (Arc::<Inner>::default(), Arc::new(Semaphore::new(PERMITS)));
        let router = Router::new()
            .route("/events", post(receive))
            .with_state((inner.clone(), gate.clone()));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            inner,
            gate,
            _server: Task(server),
        }
    }

    /// Answers these statuses to the next pushes.
    pub(crate) fn answers(&self, statuses: impl IntoIterator<Item = u16>) {
        self.inner.statuses.lock().unwrap().extend(statuses);
    }

    /// Answers nothing until it is opened.
    pub(crate) fn close(&self) {
        self.gate.forget_permits(PERMITS);
    }

    pub(crate) fn open(&self) {
        self.gate.add_permits(PERMITS);
    }

    pub(crate) fn pushes(&self) -> Vec<Push> {
        self.inner.pushes.lock().unwrap().clone()
    }

    /// The tokens that came, verified with the keys that are published now.
    pub(crate) async fn tokens(&self, app: &TestApp, audience: &str) -> Vec<Received> {
        let jwks = app.get("/jwks").await.is(200);
        let keys = KeyRing::parse(jwks.body.as_bytes()).unwrap();
        let verifier = Verifier::new(ISSUER, audience);
        let now = app.now().seconds();
        let pushes = self.pushes();
        pushes
            .iter()
            .map(|push| verifier.verify(&keys, &push.token, now).unwrap())
            .collect()
    }

    /// Waits until so many different ones came.
    pub(crate) async fn has_distinct(&self, count: usize) {
        let distinct = || {
            let pushes = self.pushes();
            let claims = pushes.iter().map(|push| unverified(&push.token));
            let names = claims.map(|claims| claims["jti"].to_string());
            names.collect::<std::collections::BTreeSet<_>>().len()
        };
        let came = async {
            while distinct() < count {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let patience = std::time::Duration::from_mins(1);
        tokio::time::timeout(patience, came)
            .await
            .expect("the pushes came");
    }

    /// Waits until so many came.
    pub(crate) async fn has(&self, count: usize) {
        let came = async {
            while self.pushes().len() < count {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        let patience = std::time::Duration::from_secs(20);
        tokio::time::timeout(patience, came)
            .await
            .expect("the pushes came");
    }
}

async fn receive(
    State((inner, gate)): State<(Arc<Inner>, Arc<Semaphore>)>,
    headers: HeaderMap,
    token: String,
) -> StatusCode {
    inner.pushes.lock().unwrap().push(Push { headers, token });
    let permit = gate.acquire().await.unwrap();
    drop(permit);
    let next = inner.statuses.lock().unwrap().pop_front();
    StatusCode::from_u16(next.unwrap_or(202)).unwrap()
}
