//! The queues, as rows: what others write into them in their own commits, and how they fare.

use std::collections::HashMap;

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use domain::value::{Timestamp, UserId};
use eventlog::{DbError, Log, Statement, Value};

/// How many shards the targets fall into; each is worked on by one node at a time.
pub const SHARDS: i64 = 8;

/// Later than any time: there is nothing to look at.
pub const NEVER: i64 = i64::MAX;

/// Something to be delivered.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// Where to.
    pub target: String,
    /// Its name, the same however often it is delivered.
    pub id: String,
    /// The position of the log that gave rise to it.
    pub position: i64,
    /// Its place among all that this position gave rise to.
    pub ordinal: i64,
    /// The person it is about: it goes when they are erased.
    pub user: Option<UserId>,
    /// What it is, in the words of its kind.
    pub kind: String,
    /// Whether it goes out though the target is held.
    pub control: bool,
    /// What is said, in JSON; the channel makes the message of it.
    pub body: String,
    /// When it was made.
    pub created: Timestamp,
}

/// The shard of a target.
fn shard(target: &str) -> i64 {
    let hash = digest(&SHA256, target.as_bytes());
    hash.as_ref()
        .first()
        .map_or(0, |byte| i64::from(*byte) % SHARDS)
}

/// The channel of a target, and the id that the channel knows it by.
pub(super) fn parts(target: &str) -> (&str, &str) {
    target.split_once('/').unwrap_or((target, ""))
}

/// Begins a queue, unless there is one. `pushed` says whether we send or the other side fetches.
pub fn open(target: &str, pushed: bool) -> Statement {
    Statement::new(
        "INSERT INTO delivery_queues (target, shard, since, pushed, closed, due, not_before, failures, woken, \
         lane, swept, arrived, pending, lost) VALUES ($1, $2, $3, $4, 0, $5, 0, 0, 0, 1, 1, 0, 0, 0) \
         ON CONFLICT (target) DO UPDATE SET since = excluded.since, pushed = excluded.pushed, closed = 0, \
         due = excluded.due, arrived = 0, lost = 0 WHERE delivery_queues.closed = 1",
        [
            Value::from(target),
            shard(target).into(),
            Value::Seq,
            pushed.into(),
            NEVER.into(),
        ],
    )
}

/// Ends a queue, with all that is in it. What may be much is removed in time, page by page.
pub fn close(target: &str) -> Vec<Statement> {
    vec![
        Statement::new(
            "UPDATE delivery_queues SET closed = 1, pushed = 0, due = $2, not_before = 0, failures = 0, \
             answer = NULL, woken = woken + 1, lane = lane + 1, pending = 0 WHERE target = $1",
            [Value::from(target), NEVER.into()],
        ),
        Statement::new(
            "DELETE FROM deliveries WHERE target = $1 AND state = 'pending_new' AND lane = 0",
            [Value::from(target)],
        ),
        Statement::new(
            "DELETE FROM deliveries WHERE target = $1 AND state = 'pending_failed' AND lane = 0",
            [Value::from(target)],
        ),
    ]
}

/// Changes whether we send or the other side fetches. What waits is then new again.
pub fn set_pushed(target: &str, pushed: bool) -> Vec<Statement> {
    vec![
        Statement::new(
            "UPDATE delivery_queues SET pushed = $2, due = 0, not_before = 0, failures = 0, answer = NULL, \
             woken = woken + 1 WHERE target = $1 AND closed = 0",
            [Value::from(target), pushed.into()],
        ),
        Statement::new(
            "UPDATE deliveries SET state = 'pending_new', due = 0, attempts = 0 \
             WHERE target = $1 AND state = 'pending_failed'",
            [Value::from(target)],
        ),
    ]
}

/// Has the queue looked at now, whatever failed before.
pub fn wake(target: &str) -> Statement {
    Statement::new(
        "UPDATE delivery_queues SET due = 0, not_before = 0, failures = 0, answer = NULL, \
         woken = woken + 1 WHERE target = $1 AND closed = 0",
        [Value::from(target)],
    )
}

/// Before the pending rows of a target are counted or change their state, in the same commit: only one such
/// commit at a time, and it sees what the one before it did. Where there are several, in the order of targets.
pub(super) fn lock(target: &str) -> Statement {
    Statement::new(
        "UPDATE delivery_queues SET pending = pending WHERE target = $1",
        [Value::from(target)],
    )
}

/// Puts things into queues that there are. One that is there already, by target and id, is left alone.
pub fn enqueue(deliveries: &[NewDelivery]) -> Vec<Statement> {
    let mut sorted: Vec<_> = deliveries.iter().collect();
    sorted.sort_by_key(|new| &new.target);
    let mut rows = Vec::with_capacity(deliveries.len() * 2);
    for new in sorted {
        rows.push(Statement::new(
            "UPDATE delivery_queues SET pending = pending + 1, arrived = arrived + 1, \
             due = CASE WHEN due > not_before THEN not_before ELSE due END \
             WHERE target = $1 AND closed = 0 \
             AND NOT EXISTS (SELECT 1 FROM deliveries WHERE target = $1 AND id = $2)",
            [Value::from(new.target.as_str()), new.id.as_str().into()],
        ));
        rows.push(Statement::new(
            "INSERT INTO deliveries (target, id, position, ordinal, user_id, kind, lane, body, state, attempts, due, created) \
             SELECT q.target, CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS TEXT), \
             CAST($6 AS TEXT), CASE WHEN CAST($7 AS BIGINT) = 1 THEN 0 ELSE q.lane END, CAST($8 AS TEXT), \
             'pending_new', 0, 0, CAST($9 AS BIGINT) \
             FROM delivery_queues q WHERE q.target = $1 AND q.closed = 0 ON CONFLICT (target, id) DO NOTHING",
            [
                Value::from(new.target.as_str()),
                new.id.as_str().into(),
                new.position.into(),
                new.ordinal.into(),
                new.user.map(|user| user.to_string()).into(),
                new.kind.as_str().into(),
                new.control.into(),
                new.body.as_str().into(),
                new.created.micros().into(),
            ],
        ));
    }
    rows
}

/// The topics that tell whoever delivers to these targets that something came, each once.
pub fn topics<'t>(targets: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let mut topics = BTreeSet::new();
    for target in targets {
        // Whoever fetches waits for their own target, whoever sends for all of a shard.
        topics.extend([topic_of_shard(shard(target)), topic_of(target)]);
    }
    topics.into_iter().collect()
}

/// The topic of one target.
pub fn topic_of(target: &str) -> String {
    format!("deliveries/{target}")
}

/// The topic of all targets of a shard.
pub fn topic_of_shard(shard: i64) -> String {
    format!("deliveries/{shard}")
}

/// Drops what waits, except what goes out though the target is held; the loss is counted. The rows are out of
/// the way at once, and removed in time, page by page.
pub fn drop_pending(target: &str) -> Vec<Statement> {
    vec![
        lock(target),
        Statement::new(
            "UPDATE delivery_queues SET lane = lane + 1, lost = lost + pending WHERE target = $1 AND closed = 0",
            [Value::from(target)],
        ),
        Statement::new(
            "UPDATE delivery_queues SET pending = \
             (SELECT COUNT(*) FROM deliveries WHERE target = $1 AND state = 'pending_new' AND lane = 0) \
             + (SELECT COUNT(*) FROM deliveries WHERE target = $1 AND state = 'pending_failed' AND lane = 0) \
             WHERE target = $1 AND closed = 0",
            [Value::from(target)],
        ),
        Statement::new(
            "UPDATE delivery_queues SET lost = lost - pending WHERE target = $1 AND closed = 0",
            [Value::from(target)],
        ),
    ]
}

/// Removes all that was to be said of a person.
pub fn forget(user: UserId) -> Vec<Statement> {
    [
        "UPDATE delivery_queues SET pending = pending WHERE target IN \
         (SELECT target FROM deliveries WHERE user_id = $1)",
        "UPDATE delivery_queues SET pending = pending - (SELECT COUNT(*) FROM deliveries d \
         WHERE d.user_id = $1 AND d.target = delivery_queues.target \
         AND d.state IN ('pending_new', 'pending_failed') AND d.lane IN (0, delivery_queues.lane)) \
         WHERE closed = 0 AND target IN (SELECT target FROM deliveries WHERE user_id = $1)",
        "DELETE FROM deliveries WHERE user_id = $1",
    ]
    .map(|sql| Statement::new(sql, [Value::from(user.to_string())]))
    .into()
}

/// Where each queue of a channel began in the log: (target, position).
pub async fn begun(log: &Log, channel: &str) -> Result<Vec<(String, i64)>, DbError> {
    let rows = log
        .read(
            "SELECT target, since FROM delivery_queues WHERE target > $1 AND target < $2 AND closed = 0",
            // The character behind the slash.
            &[format!("{channel}/").into(), format!("{channel}0").into()],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?)))
        .collect()
}

/// How a queue fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// How many things wait, tried or not.
    pub pending: i64,
    /// Since when the oldest of them waits.
    pub oldest: Option<Timestamp>,
    /// How many were given up, at most a thousand counted.
    pub dead: i64,
    /// How many were dropped unsent.
    pub lost: i64,
    /// How often in a row the other side has failed.
    pub failures: i64,
    /// How it failed last, in words for an operator.
    pub answer: Option<String>,
}

/// How a queue fares; none if there is no such queue.
pub async fn status(log: &Log, target: &str) -> Result<Option<Status>, DbError> {
    let row = log
        .read_one(
            "SELECT q.pending, q.lost, q.failures, q.answer, \
             (SELECT MIN(d.created) FROM deliveries d WHERE d.target = $1 \
             AND d.state IN ('pending_new', 'pending_failed') AND d.lane = 0), \
             (SELECT MIN(d.created) FROM deliveries d WHERE d.target = $1 \
             AND d.state IN ('pending_new', 'pending_failed') AND d.lane = q.lane), \
             (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM deliveries d WHERE d.target = $1 \
             AND d.state = 'dead' AND d.settled IS NOT NULL LIMIT 1000) AS few) \
             FROM delivery_queues q WHERE q.target = $1 AND q.closed = 0",
            &[target.into()],
        )
        .await?;
    row.map(|row| {
        let oldest = [row.opt_int(4)?, row.opt_int(5)?];
        Ok(Status {
            pending: row.int(0)?,
            lost: row.int(1)?,
            failures: row.int(2)?,
            answer: row.opt_text(3)?.map(str::to_owned),
            oldest: oldest
                .into_iter()
                .flatten()
                .min()
                .map(Timestamp::from_micros),
            dead: row.int(6)?,
        })
    })
    .transpose()
}

/// What waits in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// How many things wait, tried or not.
    pub pending: i64,
    /// Since when the oldest of them waits, not counting what goes out though the target is held.
    pub oldest: Option<Timestamp>,
}

/// What waits in the queues of a channel, for those where something does.
pub async fn waiting(log: &Log, channel: &str) -> Result<HashMap<String, Waiting>, DbError> {
    let rows = log
        .read(
            "SELECT q.target, q.pending, (SELECT MIN(d.created) FROM deliveries d \
             WHERE d.target = q.target AND d.state IN ('pending_new', 'pending_failed') AND d.lane = q.lane) \
             FROM delivery_queues q WHERE q.target > $1 AND q.target < $2 AND q.pending > 0",
            // The character behind the slash.
            &[format!("{channel}/").into(), format!("{channel}0").into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let waiting = Waiting {
                pending: row.int(1)?,
                oldest: row.opt_int(2)?.map(Timestamp::from_micros),
            };
            Ok((row.text(0)?.to_owned(), waiting))
        })
        .collect()
}
