//! From the log into the queues: who is told what, under which name.

mod answers;
mod backchannel_logout;
mod causes;
mod consumer;
mod hearing;
mod killed;
pub(crate) mod push;
pub(crate) mod receiver;
mod upgrade;

use chancery::command::streams::{CreateStream, target};
use chancery::consumers::{Consumer, catch_up};
use chancery::ssf::consumer::Signals;
use chancery::ssf::table;
use domain::stream::{Delivery, StreamSettings};
use domain::value::StreamId;
use serde_json::Value;

use crate::support::TestApp;
use crate::support::furnished::client_id;

/// A token that waits.
#[derive(Debug)]
pub(crate) struct Queued {
    /// The last part of the event's URI.
    pub(crate) name: String,
    pub(crate) claims: Value,
}

impl Queued {
    /// The payload of the one event.
    pub(crate) fn event(&self) -> &Value {
        let events = self.claims["events"].as_object().unwrap();
        assert_eq!(events.len(), 1);
        events.values().next().unwrap()
    }

    /// Whom it is about, by `iss_sub`.
    pub(crate) fn sub(&self) -> &str {
        assert_eq!(self.claims["sub_id"]["format"], "iss_sub");
        self.claims["sub_id"]["sub"].as_str().unwrap()
    }
}

impl TestApp {
    /// Makes a poll stream that asks for everything, with other settings besides.
    pub(crate) async fn stream(
        &self,
        client: &str,
        change: impl Fn(&mut StreamSettings),
    ) -> StreamId {
        let mut settings = StreamSettings::new(Delivery::Poll);
        settings.events_requested = table::supported().map(str::to_owned).collect();
        change(&mut settings);
        let create = CreateStream {
            id: StreamId::new(self.new_id()),
            client: client_id(client),
            settings,
            authorization: None,
            by_receiver: false,
        };
        self.run(&create).await.id
    }

    /// Has a consumer read all there is in the log.
    pub(crate) async fn digest<C: Consumer>(&self, consumer: &C) {
        assert!(catch_up(self, consumer, "a test").await.unwrap());
    }

    /// What waits for a stream, once all that happened was looked at, in order.
    pub(crate) async fn queued(&self, stream: StreamId) -> Vec<Queued> {
        self.digest(&Signals).await;
        self.waiting(&target(stream)).await
    }

    /// What waits in a queue, in order.
    pub(crate) async fn waiting(&self, target: &str) -> Vec<Queued> {
        let rows = self
            .log
            .read(
                "SELECT d.id, d.kind, d.body FROM deliveries d JOIN delivery_queues q ON q.target = d.target \
                 WHERE d.target = $1 AND q.closed = 0 AND d.lane IN (0, q.lane) \
                 ORDER BY d.position, d.ordinal, d.id",
                &[target.into()],
            )
            .await
            .unwrap();
        rows.iter()
            .map(|row| Queued {
                name: row.text(1).unwrap().rsplit('/').next().unwrap().to_owned(),
                claims: serde_json::from_str(row.text(2).unwrap()).unwrap(),
            })
            .collect()
    }

    /// The names of the events that wait for a stream.
    pub(crate) async fn names(&self, stream: StreamId) -> Vec<String> {
        let queued = self.queued(stream).await;
        queued.into_iter().map(|token| token.name).collect()
    }
}
