//! Several nodes: each shard is one's, and somebody's.

use std::collections::BTreeSet;
use std::time::Duration;

use chancery::delivery::Pace;
use eventlog::{Batch, Statement};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::receiver::{Receiver, Reply};
use super::{Delivering, until};
use crate::support::{TestApp, on_postgres};

on_postgres![
    shards_are_shared_given_back_and_taken_over,
    who_has_lost_the_lease_sends_nothing_more,
];

const PACE: Pace = Pace {
    lease: Duration::from_secs(2),
    renewal: Duration::from_millis(100),
};

/// A node that runs.
struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    fn start(node: &Delivering, owner: &str) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let engine = node.engine.clone().paced(PACE);
        let stopping = async { drop(stopped.await) };
        let task = tokio::spawn(engine.run(owner.to_owned(), stopping));
        Self { stop, task }
    }

    async fn stop(self) {
        drop(self.stop);
        self.task.await.unwrap();
    }
}

/// The shards that a node has.
async fn shards_of(app: &TestApp, owner: &str) -> BTreeSet<String> {
    let held = "SELECT name FROM leases WHERE owner = $1 AND name >= 'deliveries/' \
                AND name < 'deliveries0' AND expires > db_now()";
    let rows = app.log.read(held, &[owner.into()]).await.unwrap();
    rows.iter()
        .map(|row| row.text(0).unwrap().to_owned())
        .collect()
}

/// Waits until these nodes have so many shards each.
async fn have(app: &TestApp, nodes: &[(&str, usize)]) {
    until(async || {
        for (owner, count) in nodes {
            if shards_of(app, owner).await.len() != *count {
                return false;
            }
        }
        true
    })
    .await;
}

async fn shards_are_shared_given_back_and_taken_over(app: TestApp) {
    let other = app.second_node().await;
    let third = app.second_node().await;
    let receiver = Receiver::start().await;
    let nodes = [
        Delivering::new(&app, "a"),
        Delivering::new(&other, "b"),
        Delivering::new(&third, "c"),
    ];
    let first = Running::start(&nodes[0], "a");
    have(&app, &[("a", 8)]).await;
    let second = Running::start(&nodes[1], "b");
    have(&app, &[("a", 4), ("b", 4)]).await;
    let last = Running::start(&nodes[2], "c");
    let mut targets = Vec::new();
    for number in 0..16 {
        let id = number.to_string();
        for node in &nodes {
            node.lead(&id, &receiver.url, false);
        }
        targets.push(nodes[0].open(&id, &receiver).await);
    }
    for (count, target) in targets.iter().enumerate() {
        nodes[0].enqueue(target, &["x"]).await;
        receiver.has(count + 1).await;
    }
    // One leaves in good order; one dies, and its leases lapse.
    last.stop().await;
    have(&app, &[("a", 4), ("b", 4), ("c", 0)]).await;
    second.task.abort();
    have(&app, &[("a", 8), ("b", 0)]).await;
    for (count, target) in targets.iter().enumerate() {
        nodes[0].enqueue(target, &["y"]).await;
        receiver.has(targets.len() + count + 1).await;
    }
    first.stop().await;
    assert_eq!(receiver.ids().len(), 32, "nothing was sent twice");
    have(&app, &[("a", 0)]).await;
}

async fn who_has_lost_the_lease_sends_nothing_more(app: TestApp) {
    let other = app.second_node().await;
    let receiver = Receiver::start().await;
    let (old, new) = (Delivering::new(&app, "a"), Delivering::new(&other, "b"));
    let target = old.open("1", &receiver).await;
    new.lead("1", &receiver.url, false);
    let first = Running::start(&old, "a");
    have(&app, &[("a", 8)]).await;
    receiver.answers("x", [Reply::Waits]);
    old.enqueue(&target, &["x", "y", "z"]).await;
    receiver.has(1).await;
    // As if its leases had lapsed while it waits for an answer.
    let lapse = "UPDATE leases SET owner = 'b', epoch = epoch + 1, expires = db_now() + 60000000";
    let lapse = Batch::rows([Statement::new(lapse, [])]);
    app.log.append(lapse).await.unwrap();
    // It has noticed when it looks for another place.
    let place = "SELECT 1 FROM leases WHERE name = 'node/1' AND owner = 'a'";
    until(async || !app.log.read(place, &[]).await.unwrap().is_empty()).await;
    let second = Running::start(&new, "b");
    receiver.has(4).await;
    receiver.let_go();
    first.stop().await;
    second.stop().await;
    let messages = receiver.messages();
    let sent: Vec<_> = messages
        .iter()
        .map(|m| (m.node.as_str(), m.id.as_str()))
        .collect();
    assert_eq!(sent, [("a", "x"), ("b", "x"), ("b", "y"), ("b", "z")]);
    assert_eq!(
        old.pending(&target).await,
        0,
        "what was sent twice is counted once"
    );
}
