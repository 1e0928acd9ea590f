//! A receiver on the loopback that does as it is told.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

use crate::support::app::Task;

/// Longer than anything takes here that works.
const PATIENCE: Duration = Duration::from_secs(20);

/// What it answers.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// This status.
    Status(u16),
    /// This status, and `Retry-After`.
    After(u16, &'static str),
    /// Nothing, until it is let go; then 202.
    Waits,
}

/// A message as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) form: String,
    pub(super) node: String,
    pub(super) body: String,
}

#[derive(Default)]
struct Inner {
    messages: Mutex<Vec<Message>>,
    replies: Mutex<HashMap<String, VecDeque<Reply>>>,
    came: Notify,
}

/// It answers 202 to everything that it has no other order for.
pub(super) struct Receiver {
    pub(super) url: String,
    inner: Arc<Inner>,
    gate: Arc<Semaphore>,
    #[expect(dead_code, reason = "it is kept for as long as the receiver is needed")]
    server: Task,
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (inner, gate) = (Arc::<Inner>::default(), Arc::new(Semaphore::new(0)));
        let router = Router::new()
            .fallback(receive)
            .with_state((inner.clone(), gate.clone()));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            inner,
            gate,
            server: Task(server),
        }
    }

    /// Orders the next answers to a message of this name.
    pub(super) fn answers(&self, id: &str, replies: impl IntoIterator<Item = Reply>) {
        let mut orders = self.inner.replies.lock().unwrap();
        orders.entry(id.to_owned()).or_default().extend(replies);
    }

    /// All that came, in order.
    pub(super) fn messages(&self) -> Vec<Message> {
        self.inner.messages.lock().unwrap().clone()
    }

    /// The names of all that came, in order.
    pub(super) fn ids(&self) -> Vec<String> {
        self.messages()
            .into_iter()
            .map(|message| message.id)
            .collect()
    }

    /// Waits until so many came.
    pub(super) async fn has(&self, count: usize) {
        let came = async {
            loop {
                let next = self.inner.came.notified();
                if self.messages().len() >= count {
                    return;
                }
                next.await;
            }
        };
        let in_time = timeout(PATIENCE, came).await.is_ok();
        assert!(in_time, "of {count} there came {:?}", self.ids());
    }

    /// Answers all that wait.
    pub(super) fn let_go(&self) {
        self.gate.add_permits(Semaphore::MAX_PERMITS / 2);
    }
}

async fn receive(
    State((inner, gate)): State<(Arc<Inner>, Arc<Semaphore>)>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let text = |name| headers[name].to_str().unwrap().to_owned();
    let message = Message {
        id: text("x-id"),
        form: text("x-form"),
        node: text("x-node"),
        body,
    };
    let order = inner
        .replies
        .lock()
        .unwrap()
        .get_mut(&message.id)
        .and_then(VecDeque::pop_front);
    inner.messages.lock().unwrap().push(message);
    inner.came.notify_waiters();
    let status = |status| StatusCode::from_u16(status).unwrap();
    match order.unwrap_or(Reply::Status(202)) {
        Reply::Status(code) => (status(code), "said so").into_response(),
        Reply::After(code, seconds) => (status(code), [("retry-after", seconds)]).into_response(),
        Reply::Waits => {
            drop(gate.acquire().await.unwrap());
            StatusCode::ACCEPTED.into_response()
        }
    }
}
