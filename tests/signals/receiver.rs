//! A receiver of pushed tokens on the loopback: it verifies each by the library, strictly, and answers as
//! it is told.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
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

/// An answer to a push.
#[derive(Debug, Clone, Default)]
struct Reply {
    status: u16,
    location: Option<String>,
    body: String,
}

#[derive(Default)]
struct Inner {
    pushes: Mutex<Vec<Push>>,
    /// What it answers to the next ones; 202 when there is nothing more.
    replies: Mutex<VecDeque<Reply>>,
    /// Whether an answer uses a permit up.
    is_counting: AtomicBool,
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
        for status in statuses {
            self.says(status, String::new());
        }
    }

    /// Answers this to the next push.
    pub(crate) fn says(&self, status: u16, body: String) {
        let reply = Reply {
            status,
            body,
            ..Reply::default()
        };
        self.inner.replies.lock().unwrap().push_back(reply);
    }

    /// Sends the next push elsewhere.
    pub(crate) fn redirects(&self, status: u16, location: &str) {
        let reply = Reply {
            status,
            location: Some(location.to_owned()),
            ..Reply::default()
        };
        self.inner.replies.lock().unwrap().push_back(reply);
    }

    /// Answers nothing until it is opened.
    pub(crate) fn close(&self) {
        self.gate.forget_permits(PERMITS);
    }

    pub(crate) fn open(&self) {
        self.gate.add_permits(PERMITS);
    }

    /// Answers so many pushes more, and then nothing.
    pub(crate) fn answers_only(&self, count: usize) {
        self.inner.is_counting.store(true, Ordering::SeqCst);
        self.gate.forget_permits(PERMITS);
        self.gate.add_permits(count);
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
) -> Response {
    inner.pushes.lock().unwrap().push(Push { headers, token });
    let permit = gate.acquire().await.unwrap();
    if inner.is_counting.load(Ordering::SeqCst) {
        permit.forget();
    } else {
        drop(permit);
    }
    let next = inner.replies.lock().unwrap().pop_front();
    let Some(reply) = next else {
        return StatusCode::ACCEPTED.into_response();
    };
    let status = StatusCode::from_u16(reply.status).unwrap();
    let mut response = (status, reply.body).into_response();
    if let Some(location) = reply.location {
        let location = HeaderValue::from_str(&location).unwrap();
        response.headers_mut().insert(LOCATION, location);
    }
    response
}
