//! What the engine reads and writes of a queue.

use domain::value::Timestamp;
use eventlog::{DbError, Log, Row, Statement, Value};

use super::channel::{Item, Signed};
use super::queue::NEVER;

/// How many new things are read at once: what one target can take of memory.
pub(super) const PAGE: i64 = 32;

/// How many things that were set aside are tried before new ones are looked at.
const ASIDE: i64 = 16;

/// How many queues are read at once.
const QUEUES: i64 = 500;

/// The state of a queue that there is something to do in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) target: String,
    pub(super) due: i64,
    pub(super) failures: u32,
    /// Not read again after this, a wake-up is not lost.
    pub(super) woken: i64,
}

/// Something that waits, with what its channel need not know.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) item: Item,
    /// Whether it was set aside before.
    pub(super) aside: bool,
    /// When it was tried first.
    pub(super) tried: Option<Timestamp>,
}

/// A place in the order of first attempts.
#[derive(Debug, Clone)]
pub(super) struct Place(i64, i64, String);

impl Place {
    /// Before everything.
    pub(super) const fn start() -> Self {
        Self(i64::MIN, 0, String::new())
    }

    /// Where a thing stands.
    pub(super) fn of(item: &Item) -> Self {
        Self(item.position, item.ordinal, item.id.clone())
    }
}

/// Queues of a shard that are due, a page of them after one of these.
pub(super) async fn due(
    log: &Log,
    shard: i64,
    now: Timestamp,
    after: Option<&Head>,
) -> Result<Vec<Head>, DbError> {
    let (due, target) = after.map_or((i64::MIN, ""), |head| (head.due, head.target.as_str()));
    let rows = log
        .read(
            "SELECT target, due, failures, woken FROM delivery_queues WHERE shard = $1 AND pushed = 1 \
             AND due <= $2 AND (due, target) > ($3, $4) ORDER BY due, target LIMIT CAST($5 AS BIGINT)",
            &[
                shard.into(),
                now.micros().into(),
                due.into(),
                target.into(),
                QUEUES.into(),
            ],
        )
        .await?;
    rows.iter().map(head).collect()
}

/// Whether a page of queues may have another behind it.
pub(super) fn is_full(page: &[Head]) -> bool {
    i64::try_from(page.len()) == Ok(QUEUES)
}

/// One queue, if it is due.
pub(super) async fn due_one(
    log: &Log,
    target: &str,
    now: Timestamp,
) -> Result<Option<Head>, DbError> {
    let row = log
        .read_one(
            "SELECT target, due, failures, woken FROM delivery_queues WHERE target = $1 AND pushed = 1 \
             AND due <= $2",
            &[target.into(), now.micros().into()],
        )
        .await?;
    row.as_ref().map(head).transpose()
}

fn head(row: &Row) -> Result<Head, DbError> {
    Ok(Head {
        target: row.text(0)?.to_owned(),
        due: row.int(1)?,
        failures: u32::try_from(row.int(2)?).unwrap_or(u32::MAX),
        woken: row.int(3)?,
    })
}

/// What was set aside and is due again.
pub(super) async fn aside(
    log: &Log,
    target: &str,
    held: bool,
    now: Timestamp,
) -> Result<Vec<Waiting>, DbError> {
    let rows = log
        .read(
            "SELECT id, position, ordinal, kind, body, signed, kid, attempts, tried FROM (SELECT * FROM deliveries \
             WHERE target = $1 AND state = 'pending_failed' AND lane = 0 AND due <= $3 \
             ORDER BY due, id LIMIT CAST($4 AS BIGINT)) control \
             UNION ALL SELECT id, position, ordinal, kind, body, signed, kid, attempts, tried FROM (SELECT * FROM deliveries \
             WHERE target = $1 AND state = 'pending_failed' AND lane = (SELECT lane FROM delivery_queues \
             WHERE target = $1 AND closed = 0 AND CAST($2 AS BIGINT) = 0) AND due <= $3 \
             ORDER BY due, id LIMIT CAST($4 AS BIGINT)) rest",
            &[target.into(), held.into(), now.micros().into(), ASIDE.into()],
        )
        .await?;
    waiting(&rows, true)
}

/// What is new after a place, in order.
pub(super) async fn new(
    log: &Log,
    target: &str,
    held: bool,
    after: &Place,
) -> Result<Vec<Waiting>, DbError> {
    let rows = log
        .read(
            "SELECT id, position, ordinal, kind, body, signed, kid, attempts, tried FROM (SELECT * FROM deliveries \
             WHERE target = $1 AND state = 'pending_new' AND lane = 0 AND (position, ordinal, id) > ($3, $4, $5) \
             ORDER BY position, ordinal, id LIMIT CAST($6 AS BIGINT)) control \
             UNION ALL SELECT id, position, ordinal, kind, body, signed, kid, attempts, tried FROM (SELECT * FROM deliveries \
             WHERE target = $1 AND state = 'pending_new' AND lane = (SELECT lane FROM delivery_queues \
             WHERE target = $1 AND closed = 0 AND CAST($2 AS BIGINT) = 0) \
             AND (position, ordinal, id) > ($3, $4, $5) \
             ORDER BY position, ordinal, id LIMIT CAST($6 AS BIGINT)) rest",
            &[
                target.into(),
                held.into(),
                after.0.into(),
                after.1.into(),
                after.2.as_str().into(),
                PAGE.into(),
            ],
        )
        .await?;
    waiting(&rows, false)
}

/// Both lanes' things as one, in order; not more than one page, behind which there may be others.
fn waiting(rows: &[Row], aside: bool) -> Result<Vec<Waiting>, DbError> {
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let signed = row.opt_text(5)?.zip(row.opt_text(6)?);
        found.push(Waiting {
            item: Item {
                id: row.text(0)?.to_owned(),
                position: row.int(1)?,
                ordinal: row.int(2)?,
                kind: row.text(3)?.to_owned(),
                body: row.text(4)?.to_owned(),
                signed: signed.map(|(token, kid)| Signed {
                    token: token.to_owned(),
                    kid: kid.to_owned(),
                }),
                attempts: u32::try_from(row.int(7)?).unwrap_or(u32::MAX),
            },
            aside,
            tried: row.opt_int(8)?.map(Timestamp::from_micros),
        });
    }
    found.sort_by(|Waiting { item: one, .. }, Waiting { item: other, .. }| {
        (one.position, one.ordinal, &one.id).cmp(&(other.position, other.ordinal, &other.id))
    });
    found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    Ok(found)
}

/// What became of a thing that waited.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) target: String,
    pub(super) id: String,
    pub(super) fate: Fate,
    /// What the other side said, in words for an operator.
    pub(super) answer: String,
    /// The form in which it was tried, if it may have to be tried again.
    pub(super) signed: Option<Signed>,
    /// When it was tried.
    pub(super) at: Timestamp,
}

/// Where a thing goes after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is delivered.
    Sent,
    /// It is set aside until then.
    Aside(Timestamp),
    /// It is given up.
    Dead,
    /// It stays where it is, at the head: new, or set aside before.
    Stays {
        /// Whether it was set aside before.
        aside: bool,
    },
}

impl Outcome {
    /// Whether the thing waits no more.
    pub(super) fn is_settled(&self) -> bool {
        matches!(self.fate, Fate::Sent | Fate::Dead)
    }

    /// Writes it down, on condition that the thing still waits. The queue is locked.
    pub(super) fn statement(&self) -> Statement {
        let (state, counts, due) = match self.fate {
            Fate::Sent => ("sent", true, 0),
            Fate::Aside(until) => ("pending_failed", true, until.micros()),
            Fate::Dead => ("dead", true, 0),
            Fate::Stays { aside: true } => ("pending_failed", false, 0),
            Fate::Stays { aside: false } => ("pending_new", false, 0),
        };
        let settled = self.is_settled().then_some(self.at.micros());
        Statement::new(
            "UPDATE deliveries SET state = $3, attempts = attempts + $4, due = $5, settled = $6, answer = $7, \
             signed = $8, kid = $9, tried = COALESCE(tried, $10), \
             body = CASE WHEN CAST($11 AS BIGINT) = 1 THEN '' ELSE body END \
             WHERE target = $1 AND id = $2 AND state IN ('pending_new', 'pending_failed') \
             AND EXISTS (SELECT 1 FROM delivery_queues q WHERE q.target = $1 AND q.closed = 0 \
             AND deliveries.lane IN (0, q.lane))",
            [
                Value::from(self.target.as_str()),
                self.id.as_str().into(),
                state.into(),
                counts.into(),
                due.into(),
                settled.into(),
                self.answer.as_str().into(),
                self.signed.as_ref().map(|signed| &signed.token).into(),
                self.signed.as_ref().map(|signed| &signed.kid).into(),
                self.at.micros().into(),
                // What is delivered need not be kept.
                (self.fate == Fate::Sent).into(),
            ],
        )
        .exactly(1)
    }
}

/// So many things of a target wait no more. It locks the queue, so it comes first.
pub(super) fn settled(target: &str, count: i64) -> Statement {
    Statement::new(
        "UPDATE delivery_queues SET pending = pending - $2 WHERE target = $1",
        [Value::from(target), count.into()],
    )
}

/// How a round at a target ended.
#[derive(Debug, Clone)]
pub(super) struct Finish {
    pub(super) target: String,
    /// As read when the round began: whoever woke the queue since has it looked at again.
    pub(super) woken: i64,
    pub(super) next: Next,
}

/// When a target is looked at again.
#[derive(Debug, Clone)]
pub(super) enum Next {
    /// As what waits in it demands; if it is held, what goes out all the same.
    AsItIs {
        /// Whether it is held.
        held: bool,
    },
    /// When it is woken, or something comes.
    WhenWoken,
    /// It was asked to be looked at then; nothing failed.
    At(Timestamp),
    /// It has failed, so many times in a row.
    Failed {
        /// How often.
        failures: u32,
        /// When it is tried again.
        until: Timestamp,
        /// How.
        answer: String,
    },
}

impl Finish {
    pub(super) fn statement(&self) -> Statement {
        let (due, held, failed) = match &self.next {
            Next::AsItIs { held } => (None, *held, None),
            Next::WhenWoken => (Some(NEVER), false, None),
            Next::At(at) => (Some(at.micros()), false, None),
            Next::Failed {
                failures,
                until,
                answer,
            } => (Some(until.micros()), false, Some((failures, until, answer))),
        };
        Statement::new(
            "UPDATE delivery_queues SET \
             failures = CASE WHEN woken = $2 THEN CAST($3 AS BIGINT) ELSE 0 END, \
             not_before = CASE WHEN woken = $2 THEN CAST($4 AS BIGINT) ELSE 0 END, \
             answer = CASE WHEN woken = $2 THEN CAST($5 AS TEXT) ELSE NULL END, \
             due = CASE WHEN woken <> $2 THEN 0 WHEN CAST($6 AS BIGINT) IS NOT NULL THEN CAST($6 AS BIGINT) \
             WHEN EXISTS (SELECT 1 FROM deliveries d WHERE d.target = $1 AND d.state = 'pending_new' \
             AND d.lane = 0) THEN 0 \
             WHEN CAST($7 AS BIGINT) = 0 AND EXISTS (SELECT 1 FROM deliveries d WHERE d.target = $1 \
             AND d.state = 'pending_new' AND d.lane = delivery_queues.lane) THEN 0 \
             ELSE (SELECT COALESCE(MIN(f.due), CAST($8 AS BIGINT)) FROM \
             (SELECT MIN(d.due) AS due FROM deliveries d WHERE d.target = $1 AND d.state = 'pending_failed' \
             AND d.lane = 0 UNION ALL SELECT MIN(d.due) FROM deliveries d WHERE d.target = $1 \
             AND d.state = 'pending_failed' AND CAST($7 AS BIGINT) = 0 \
             AND d.lane = (SELECT q.lane FROM delivery_queues q WHERE q.target = $1)) f) END \
             WHERE target = $1 AND closed = 0",
            [
                Value::from(self.target.as_str()),
                self.woken.into(),
                failed
                    .map_or(0, |(failures, ..)| i64::from(*failures))
                    .into(),
                failed.map_or(0, |(_, until, _)| until.micros()).into(),
                failed.map(|(.., answer)| answer).into(),
                due.into(),
                held.into(),
                NEVER.into(),
            ],
        )
    }
}
