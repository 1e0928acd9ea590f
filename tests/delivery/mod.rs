//! The delivery engine, with a channel of its own and receivers that fail on demand.

mod ahead;
mod failing;
mod letters;
mod nodes;
mod order;
mod plans;
mod queues;
mod random;
mod receiver;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chancery::app::App;
use chancery::delivery::queue::{self, NewDelivery, Status};
use chancery::delivery::{Channel, Engine, Item, Outgoing, Route, Signed, Unsendable, Verdict};
use chancery::outbound::{Answer, Endpoint, Tls};
use chancery::snapshot::Stale;
use eventlog::{Batch, Statement};

use self::receiver::Receiver;
use crate::support::TestApp;

/// A way that a test gives.
#[derive(Clone)]
struct Way {
    url: String,
    hold: bool,
}

/// Posts what waits as it is. A thing of the kind `unsendable` it cannot make a message of.
struct Plain {
    /// Which node it is of.
    node: &'static str,
    ways: Mutex<HashMap<String, Way>>,
    /// How many forms it has made.
    signed: AtomicUsize,
    attempts: AtomicU32,
}

/// How often this channel tries, unless it is told otherwise.
const ATTEMPTS: u32 = 3;

impl Channel for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn route(&self, _: &App, id: &str) -> Result<Option<Route>, Stale> {
        let way = self.ways.lock().unwrap().get(id).cloned();
        Ok(way.map(|way| Route {
            endpoint: Endpoint::parse(&way.url).unwrap(),
            tls: Tls::System,
            hold: way.hold,
        }))
    }

    fn sign(&self, _: &App, _: &str, item: &Item) -> Option<Signed> {
        (item.kind != "unsendable").then(|| self.form())
    }

    fn request(&self, _: &App, _: &str, item: &Item) -> Result<Outgoing, Unsendable> {
        if item.kind == "unsendable" {
            return Err(Unsendable::new("it cannot be said"));
        }
        let signed = item.signed.clone().unwrap_or_else(|| self.form());
        let header = |name, value: &str| {
            let value = HeaderValue::from_str(value).unwrap();
            (HeaderName::from_static(name), value)
        };
        Ok(Outgoing {
            headers: HeaderMap::from_iter([
                header("x-id", &item.id),
                header("x-form", &signed.token),
                header("x-node", self.node),
            ]),
            body: item.body.clone(),
            signed: Some(signed),
        })
    }

    fn judge(&self, answer: &Answer) -> Verdict {
        match answer.status {
            422 => Verdict::Never,
            status => Verdict::of_status(status),
        }
    }

    fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::SeqCst)
    }
}

impl Plain {
    /// A form that nothing had before.
    fn form(&self) -> Signed {
        Signed {
            token: self.signed.fetch_add(1, Ordering::SeqCst).to_string(),
            kid: "k".into(),
        }
    }
}

/// A node that delivers.
struct Delivering {
    app: App,
    channel: Arc<Plain>,
    engine: Engine,
    /// How many things were queued.
    queued: AtomicI64,
}

impl Delivering {
    fn new(app: &TestApp, node: &'static str) -> Self {
        let channel = Arc::new(Plain {
            node,
            ways: Mutex::default(),
            signed: AtomicUsize::new(0),
            attempts: AtomicU32::new(ATTEMPTS),
        });
        let app = (**app).clone();
        let channels = [channel.clone() as Arc<dyn Channel>];
        Self {
            engine: Engine::new(app.clone(), channels),
            channel,
            app,
            queued: AtomicI64::new(0),
        }
    }

    /// Opens a queue whose target is this receiver.
    async fn open(&self, id: &str, receiver: &Receiver) -> String {
        self.lead(id, &receiver.url, false);
        let target = format!("plain/{id}");
        self.write(vec![queue::open(&target, true)]).await;
        target
    }

    /// Says where a target is, and whether it is held.
    fn lead(&self, id: &str, url: &str, hold: bool) {
        let way = Way {
            url: url.to_owned(),
            hold,
        };
        self.channel.ways.lock().unwrap().insert(id.to_owned(), way);
    }

    async fn write(&self, rows: Vec<Statement>) {
        self.app.log.append(Batch::rows(rows)).await.unwrap();
    }

    /// Queues things with these names, in this order.
    async fn enqueue(&self, target: &str, ids: &[&str]) {
        let things = ids.iter().map(|id| {
            let position = self.queued.fetch_add(1, Ordering::SeqCst);
            thing(&self.app, target, id, position)
        });
        self.enqueue_all(things.collect()).await;
    }

    async fn enqueue_all(&self, things: Vec<NewDelivery>) {
        let batch = Batch {
            rows: queue::enqueue(&things),
            wake: queue::topics(things.iter().map(|thing| thing.target.as_str())),
            ..Batch::default()
        };
        self.app.log.append(batch).await.unwrap();
    }

    async fn drain(&self) {
        self.engine.drain().await.unwrap();
    }

    async fn status(&self, target: &str) -> Status {
        queue::status(&self.app.log, target).await.unwrap().unwrap()
    }

    /// How many things wait.
    async fn pending(&self, target: &str) -> i64 {
        self.status(target).await.pending
    }
}

/// Waits until something is so.
async fn until(is_so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    assert!(in_time.is_ok(), "it does not come to that");
}

/// Something to deliver.
fn thing(app: &App, target: &str, id: &str, position: i64) -> NewDelivery {
    NewDelivery {
        target: target.to_owned(),
        id: id.to_owned(),
        position,
        ordinal: 0,
        user: None,
        kind: "thing".into(),
        control: false,
        body: format!("{{\"id\":\"{id}\"}}"),
        created: app.now(),
    }
}
