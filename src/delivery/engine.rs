//! The engine: it looks at the queues of a shard when something came or is due, and has each worked on.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eventlog::DbError;
use tokio::task::JoinSet;

use super::channel::Channel;
use super::queue::{self, SHARDS};
use super::recorder::Recorder;
use super::rows::{self, Head};
use super::shards::{self, Hold, Pace};
use super::worker::{Stopped, Worker};
use crate::app::App;

/// How long a target rests whose queue cannot be read or written.
const PAUSE: Duration = Duration::from_secs(1);

/// Delivers what lies in the queues.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    pace: Pace,
}

/// What all its tasks share.
pub(super) struct Shared {
    pub(super) app: App,
    pub(super) recorder: Recorder,
    channels: BTreeMap<&'static str, Arc<dyn Channel>>,
}

impl Engine {
    /// An engine for these channels. What is for others stays where it is.
    pub fn new(app: App, channels: impl IntoIterator<Item = Arc<dyn Channel>>) -> Self {
        let channels = channels
            .into_iter()
            .map(|channel| (channel.name(), channel));
        let shared = Shared {
            recorder: Recorder::start(app.log.clone()),
            channels: channels.collect(),
            app,
        };
        Self {
            shared: Arc::new(shared),
            pace: Pace::default(),
        }
    }

    /// This engine, with leases of another pace than the usual one.
    #[must_use]
    pub fn paced(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Delivers until `stop`, and then ends what has begun. `owner` names this process.
    pub async fn run(self, owner: String, stop: impl Future<Output = ()>) {
        if self.shared.channels.is_empty() {
            return stop.await;
        }
        if !self.shared.app.config.is_single_node() {
            return shards::share(&self, self.pace, &owner, stop).await;
        }
        // Nobody else has the database.
        let hold = Arc::new(Hold::unlimited());
        let mut all = JoinSet::new();
        for shard in 0..SHARDS {
            all.spawn(self.clone().serve(shard, hold.clone()));
        }
        stop.await;
        hold.end();
        all.join_all().await;
    }

    /// Does all that is due now, in all shards, as if this process had them: for tests, and for programs
    /// that end.
    pub async fn drain(&self) -> Result<(), Stopped> {
        let hold = Arc::new(Hold::unlimited());
        loop {
            let now = self.shared.app.now();
            let mut workers = JoinSet::new();
            for shard in 0..SHARDS {
                for head in rows::due(&self.shared.app.log, shard, now, None).await? {
                    if let Some(worker) = self.worker(&head.target, &hold) {
                        workers.spawn(async move { worker.run(head).await });
                    }
                }
            }
            if workers.is_empty() {
                return Ok(());
            }
            while let Some(ended) = workers.join_next().await {
                ended.unwrap_or(Ok(()))?;
            }
        }
    }

    fn worker(&self, target: &str, hold: &Arc<Hold>) -> Option<Worker> {
        let channel = self.shared.channels.get(queue::parts(target).0)?;
        Some(Worker {
            shared: self.shared.clone(),
            channel: channel.clone(),
            target: target.to_owned(),
            hold: hold.clone(),
        })
    }

    pub(super) fn app(&self) -> &App {
        &self.shared.app
    }

    /// Has the targets of a shard worked on for as long as it is ours, each by a task of its own.
    pub(super) async fn serve(self, shard: i64, hold: Arc<Hold>) {
        let mut news = self.shared.app.log.topic(&queue::topic_of_shard(shard));
        let running = Arc::new(Running::default());
        let mut workers = JoinSet::new();
        while hold.is_live() {
            if let Err(error) = self.look(shard, &hold, &running, &mut workers).await {
                tracing::warn!(%error, shard, "the queues cannot be read");
            }
            while workers.try_join_next().is_some() {}
            tokio::select! {
                () = news.woken() => {}
                () = hold.ended() => {}
            }
        }
        // They end behind what they have begun.
        workers.join_all().await;
    }

    /// Sets workers to the queues that are due.
    async fn look(
        &self,
        shard: i64,
        hold: &Arc<Hold>,
        running: &Arc<Running>,
        workers: &mut JoinSet<()>,
    ) -> Result<(), DbError> {
        let now = self.shared.app.now();
        let mut last: Option<Head> = None;
        loop {
            let page = rows::due(&self.shared.app.log, shard, now, last.as_ref()).await?;
            let is_full = rows::is_full(&page);
            last = page.last().cloned();
            for head in page {
                let Some(worker) = self.worker(&head.target, hold) else {
                    continue;
                };
                if running.begin(&head.target) {
                    workers.spawn(work(worker, head, running.clone()));
                }
            }
            if !is_full {
                return Ok(());
            }
        }
    }
}

/// Runs a worker until nobody has asked for its target while it ran.
async fn work(worker: Worker, head: Head, running: Arc<Running>) {
    let mut head = Some(head);
    loop {
        let ended = match head.take() {
            Some(head) => worker.run(head).await,
            None => worker.look().await,
        };
        if let Err(error) = ended {
            tracing::warn!(%error, to = worker.target, "a target rests");
            tokio::time::sleep(PAUSE).await;
        }
        if running.end(&worker.target) {
            return;
        }
    }
}

/// The targets that are being worked on, and whether they were asked for since.
#[derive(Default)]
struct Running(Mutex<HashMap<String, bool>>);

impl Running {
    /// Whether a worker is to begin; otherwise one is there, which looks again before it ends.
    fn begin(&self, target: &str) -> bool {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match running.entry(target.to_owned()) {
            Entry::Vacant(free) => {
                free.insert(false);
                true
            }
            Entry::Occupied(mut taken) => {
                taken.insert(true);
                false
            }
        }
    }

    /// Whether a worker may end; otherwise it has to look again.
    fn end(&self, target: &str) -> bool {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match running.get_mut(target) {
            Some(asked) if *asked => {
                *asked = false;
                false
            }
            _ => {
                running.remove(target);
                true
            }
        }
    }
}
