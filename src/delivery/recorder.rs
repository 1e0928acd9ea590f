//! Writes down what became of deliveries: all targets of this node in one commit.
//!
//! What was sent was sent, whoever holds the lease by now, so nothing here asks for it. A commit that fails
//! is tried again for as long as the process lives: until it succeeds, its targets go no further.

use std::collections::BTreeMap;
use std::time::Duration;

use eventlog::{AppendError, Batch, Log, Statement};
use tokio::sync::{mpsc, oneshot};

use super::rows::{self, Finish, Outcome};

/// How many records are written in one commit.
const GROUP: usize = 256;

/// How long to wait before a commit that failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// The records could not be written, and will not be: a fault of this program.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("what became of deliveries could not be written down")]
pub struct Unrecorded;

/// Answers when a record is durable.
pub(super) type Receipt = oneshot::Receiver<()>;

/// What is to be written down.
#[derive(Debug)]
enum Record {
    Outcome(Outcome),
    Finish(Finish),
}

impl Record {
    fn target(&self) -> &str {
        match self {
            Self::Outcome(outcome) => &outcome.target,
            Self::Finish(finish) => &finish.target,
        }
    }
}

struct Job {
    record: Record,
    done: oneshot::Sender<()>,
}

/// Takes records, and keeps their order.
#[derive(Clone)]
pub(super) struct Recorder(mpsc::Sender<Job>);

impl Recorder {
    /// One that writes until it is dropped with all its clones.
    pub(super) fn start(log: Log) -> Self {
        let (sender, receiver) = mpsc::channel(GROUP);
        tokio::spawn(run(log, receiver));
        Self(sender)
    }

    /// Hands over what became of a thing.
    pub(super) async fn outcome(&self, outcome: Outcome) -> Result<Receipt, Unrecorded> {
        self.take(Record::Outcome(outcome)).await
    }

    /// Writes down how a round ended, behind all that was handed over before.
    pub(super) async fn finish(&self, finish: Finish) -> Result<(), Unrecorded> {
        let receipt = self.take(Record::Finish(finish)).await?;
        receipt.await.map_err(|_| Unrecorded)
    }

    async fn take(&self, record: Record) -> Result<Receipt, Unrecorded> {
        let (done, receipt) = oneshot::channel();
        let sent = self.0.send(Job { record, done }).await;
        sent.map_err(|_| Unrecorded).map(|()| receipt)
    }
}

async fn run(log: Log, mut queue: mpsc::Receiver<Job>) {
    let mut jobs = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut jobs, GROUP).await > 0 {
        let (records, done): (Vec<_>, Vec<_>) =
            jobs.drain(..).map(|job| (job.record, job.done)).unzip();
        if write(&log, records).await.is_ok() {
            for done in done {
                // Who handed it over may have gone away.
                let _ = done.send(());
            }
        }
    }
}

/// Commits records. What does not wait any more, dropped or settled by somebody else, is left as it is.
async fn write(log: &Log, records: Vec<Record>) -> Result<(), Unrecorded> {
    // In the order of targets, in which everybody locks queues; within a target, in order.
    let mut by_target: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for record in records {
        let target = record.target().to_owned();
        by_target.entry(target).or_default().push(record);
    }
    loop {
        let (statements, places) = plan(&by_target);
        match log.append(Batch::rows(statements)).await {
            Ok(_) => return Ok(()),
            Err(AppendError::RowsChanged { statement }) => {
                let Some((target, index)) = &places[statement] else {
                    return Err(Unrecorded);
                };
                if let Some(records) = by_target.get_mut(target) {
                    records.remove(*index);
                }
            }
            Err(AppendError::Unavailable(error)) => {
                tracing::warn!(%error, "what became of deliveries is not written down yet");
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => {
                tracing::error!(%error, "what became of deliveries cannot be written down");
                return Err(Unrecorded);
            }
        }
    }
}

/// The statements, and which record each is of.
fn plan(
    by_target: &BTreeMap<String, Vec<Record>>,
) -> (Vec<Statement>, Vec<Option<(String, usize)>>) {
    let (mut statements, mut places) = (Vec::new(), Vec::new());
    for (target, records) in by_target {
        let settled = records
            .iter()
            .filter(|record| matches!(record, Record::Outcome(outcome) if outcome.is_settled()));
        let settled = i64::try_from(settled.count()).unwrap_or(i64::MAX);
        statements.push(rows::settled(target, settled));
        places.push(None);
        for (index, record) in records.iter().enumerate() {
            statements.push(match record {
                Record::Outcome(outcome) => outcome.statement(),
                Record::Finish(finish) => finish.statement(),
            });
            places.push(Some((target.clone(), index)));
        }
    }
    (statements, places)
}
