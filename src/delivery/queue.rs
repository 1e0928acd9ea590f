//! The queues, as rows: what others write into them in their own commits, and how they fare.

use std::collections::HashMap;

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

/// Begins a queue, unless there is one. `pushed` says whether we send or the other side fetches.
pub fn open(target: &str, pushed: bool) -> Statement {
    Statement::new(
        "INSERT INTO delivery_queues (target, shard, since, pushed, due, not_before, failures, arrived, pending, lost) \
         VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0, 0) ON CONFLICT (target) DO NOTHING",
        [
            Value::from(target),
            shard(target).into(),
            Value::Seq,
            pushed.into(),
            NEVER.into(),
        ],
    )
}

/// Ends a queue, with all that is in it.
pub fn close(target: &str) -> Vec<Statement> {
    [
        "DELETE FROM delivery_queues WHERE target = $1",
        "DELETE FROM deliveries WHERE target = $1",
    ]
    .map(|sql| Statement::new(sql, [Value::from(target)]))
    .into()
}

/// Changes whether we send or the other side fetches. What waits is then new again.
pub fn set_pushed(target: &str, pushed: bool) -> Vec<Statement> {
    vec![
        Statement::new(
            "UPDATE delivery_queues SET pushed = $2, due = 0, not_before = 0, failures = 0 WHERE target = $1",
            [Value::from(target), pushed.into()],
        ),
        Statement::new(
            "UPDATE deliveries SET due = 0, attempts = 0 WHERE target = $1 \
             AND state IN ('pending_new', 'pending_failed')",
            [Value::from(target)],
        ),
    ]
}

/// Has the queue looked at now, whatever failed before.
pub fn wake(target: &str) -> Statement {
    Statement::new(
        "UPDATE delivery_queues SET due = 0, not_before = 0, failures = 0 WHERE target = $1",
        [Value::from(target)],
    )
}

/// Puts things into queues that there are. One that is there already, by target and id, is left alone.
pub fn enqueue(deliveries: &[NewDelivery]) -> Vec<Statement> {
    let mut rows = Vec::with_capacity(deliveries.len() * 2);
    for new in deliveries {
        rows.push(Statement::new(
            "UPDATE delivery_queues SET pending = pending + 1, arrived = arrived + 1, due = 0 \
             WHERE target = $1 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE target = $1 AND id = $2)",
            [Value::from(new.target.as_str()), new.id.as_str().into()],
        ));
        rows.push(Statement::new(
            "INSERT INTO deliveries (target, id, position, ordinal, user_id, kind, control, body, state, attempts, due, created) \
             SELECT q.target, CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS TEXT), \
             CAST($6 AS TEXT), CAST($7 AS BIGINT), CAST($8 AS TEXT), 'pending_new', 0, 0, CAST($9 AS BIGINT) \
             FROM delivery_queues q WHERE q.target = $1 ON CONFLICT (target, id) DO NOTHING",
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
    let mut topics = Vec::new();
    for target in targets {
        // Whoever fetches waits for their own target, whoever sends for all of a shard.
        for topic in [topic_of_shard(shard(target)), topic_of(target)] {
            if !topics.contains(&topic) {
                topics.push(topic);
            }
        }
    }
    topics
}

/// The topic of one target.
pub fn topic_of(target: &str) -> String {
    format!("deliveries/{target}")
}

/// The topic of all targets of a shard.
pub fn topic_of_shard(shard: i64) -> String {
    format!("deliveries/{shard}")
}

/// Drops what waits, except what goes out though the target is held; the loss is counted.
pub fn drop_pending(target: &str) -> Vec<Statement> {
    [
        "UPDATE delivery_queues SET lost = lost + (SELECT COUNT(*) FROM deliveries d WHERE d.target = $1 \
         AND d.state IN ('pending_new', 'pending_failed') AND d.control = 0), \
         pending = (SELECT COUNT(*) FROM deliveries d WHERE d.target = $1 \
         AND d.state IN ('pending_new', 'pending_failed') AND d.control = 1) WHERE target = $1",
        "DELETE FROM deliveries WHERE target = $1 AND state IN ('pending_new', 'pending_failed') \
         AND control = 0",
    ]
    .map(|sql| Statement::new(sql, [Value::from(target)]))
    .into()
}

/// Removes all that was to be said of a person.
pub fn forget(user: UserId) -> Vec<Statement> {
    [
        "UPDATE delivery_queues SET pending = pending - (SELECT COUNT(*) FROM deliveries d \
         WHERE d.user_id = $1 AND d.target = delivery_queues.target AND d.state IN ('pending_new', 'pending_failed')) \
         WHERE target IN (SELECT target FROM deliveries WHERE user_id = $1 \
         AND state IN ('pending_new', 'pending_failed'))",
        "DELETE FROM deliveries WHERE user_id = $1",
    ]
    .map(|sql| Statement::new(sql, [Value::from(user.to_string())]))
    .into()
}

/// Where each queue of a channel began in the log: (target, position).
pub async fn begun(log: &Log, channel: &str) -> Result<Vec<(String, i64)>, DbError> {
    let rows = log
        .read(
            "SELECT target, since FROM delivery_queues WHERE target > $1 AND target < $2",
            // The character behind the slash.
            &[format!("{channel}/").into(), format!("{channel}0").into()],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?)))
        .collect()
}

/// How a queue fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

/// How a queue fares; none if there is no such queue.
pub async fn status(log: &Log, target: &str) -> Result<Option<Status>, DbError> {
    let row = log
        .read_one(
            "SELECT q.pending, q.lost, q.failures, \
             (SELECT MIN(d.created) FROM deliveries d WHERE d.target = $1 \
             AND d.state IN ('pending_new', 'pending_failed')), \
             (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM deliveries d WHERE d.target = $1 \
             AND d.state = 'dead' LIMIT 1000) AS few) \
             FROM delivery_queues q WHERE q.target = $1",
            &[target.into()],
        )
        .await?;
    row.map(|row| {
        Ok(Status {
            pending: row.int(0)?,
            lost: row.int(1)?,
            failures: row.int(2)?,
            oldest: row.opt_int(3)?.map(Timestamp::from_micros),
            dead: row.int(4)?,
        })
    })
    .transpose()
}

/// What waits in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// How many things wait, tried or not.
    pub pending: i64,
    /// Since when the oldest of them waits.
    pub oldest: Option<Timestamp>,
}

/// What waits in the queues of a channel, for those where something does.
pub async fn waiting(log: &Log, channel: &str) -> Result<HashMap<String, Waiting>, DbError> {
    let rows = log
        .read(
            "SELECT q.target, q.pending, (SELECT MIN(d.created) FROM deliveries d \
             WHERE d.target = q.target AND d.state IN ('pending_new', 'pending_failed')) \
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
