//! The one loop that every consumer of the log runs in.
//!
//! A consumer has a name, a lease and a cursor. It is shown the log page by page; its effect and the move
//! of its cursor are one commit, so that nothing is skipped and nothing is done twice. An effect too large
//! for one commit goes ahead in parts that must not matter when they come again.

use std::time::Duration;

use eventlog::{AppendError, Batch, DbError, Event, Lease, Log};

use crate::app::App;

/// How many events are shown at once.
const PAGE: usize = 500;

/// How long a lease lasts; another node takes over after this.
const LEASE: Duration = Duration::from_secs(15);

/// How often a lease is prolonged while nothing happens.
const RENEWAL: Duration = Duration::from_secs(5);

/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// Something that follows the log.
pub trait Consumer: Send + Sync {
    /// Names its lease and cursor.
    const NAME: &'static str;

    /// The effect of a page of events. What is too large is written ahead by the consumer itself.
    fn digest(
        &self,
        app: &App,
        events: &[Event],
    ) -> impl Future<Output = Result<Batch, DbError>> + Send;
}

/// Runs a consumer until the task is dropped. `owner` names this process.
pub async fn run<C: Consumer>(app: App, consumer: C, owner: String) {
    loop {
        match follow(&app, &consumer, &owner).await {
            Ok(()) => {}
            Err(error) => {
                tracing::warn!(%error, consumer = C::NAME, "a consumer of the log must try again");
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Follows the log while the lease is ours.
async fn follow<C: Consumer>(app: &App, consumer: &C, owner: &str) -> Result<(), DbError> {
    while let Some(lease) = app.log.lease(C::NAME, owner, LEASE).await? {
        let renewal = tokio::time::Instant::now() + RENEWAL;
        while tokio::time::Instant::now() < renewal {
            let kept = keep(app, &lease, step(app, consumer, &lease));
            match kept.await? {
                Step::Done => {}
                Step::NothingNew(head) => {
                    let _ = tokio::time::timeout_at(renewal, app.log.changed(head)).await;
                }
                Step::LeaseLost => return Ok(()),
            }
        }
    }
    Ok(())
}

/// Does something, and prolongs the lease where it takes long: otherwise what takes longer than a lease would
/// never be done, by whichever node.
async fn keep<T>(app: &App, lease: &Lease, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        if let Ok(done) = tokio::time::timeout(RENEWAL, &mut work).await {
            return done;
        }
        if let Err(error) = app.log.lease(&lease.name, &lease.owner, LEASE).await {
            tracing::warn!(%error, lease = lease.name, "a lease cannot be prolonged");
        }
    }
}

/// Passes over an event that cannot be read, and says so: otherwise one bad row would keep all that comes
/// behind it from everybody. Other failures are for another attempt.
pub fn pass_over(consumer: &str, position: i64, error: DbError) -> Result<(), DbError> {
    let DbError::Value(reason) = error else {
        return Err(error);
    };
    tracing::error!(
        consumer,
        position,
        reason,
        "an event cannot be read: nobody hears of it"
    );
    Ok(())
}

/// Does all there is to do, under a lease of its own: for tests and for programs that end.
pub async fn catch_up<C: Consumer>(app: &App, consumer: &C, owner: &str) -> Result<bool, DbError> {
    let Some(lease) = app.log.lease(C::NAME, owner, LEASE).await? else {
        return Ok(false);
    };
    loop {
        match step(app, consumer, &lease).await? {
            Step::Done => {}
            Step::NothingNew(_) => return Ok(true),
            Step::LeaseLost => return Ok(false),
        }
    }
}

/// What came of one look at the log.
enum Step {
    /// A page was dealt with.
    Done,
    /// The cursor stands at the head.
    NothingNew(i64),
    /// Another process has the lease.
    LeaseLost,
}

async fn step<C: Consumer>(app: &App, consumer: &C, lease: &Lease) -> Result<Step, DbError> {
    let cursor = app.log.cursor(C::NAME).await?;
    let page = app.log.after(cursor.seq, PAGE).await?;
    if page.next == cursor.seq {
        return Ok(Step::NothingNew(cursor.seq));
    }
    let mut batch = consumer.digest(app, &page.events).await?;
    // The condition comes first: without the lease nothing else is even tried.
    batch
        .rows
        .insert(0, Log::advance(lease, &cursor, page.next));
    match app.log.append(batch).await {
        Ok(_) => Ok(Step::Done),
        Err(AppendError::RowsChanged { .. }) => Ok(Step::LeaseLost),
        Err(AppendError::Unavailable(error)) => Err(error),
        Err(error) => Err(DbError::Value(error.to_string())),
    }
}
