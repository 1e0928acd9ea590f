//! For operators: what is in a queue, and what becomes of dead letters.

use domain::value::{Timestamp, UserId};
use eventlog::{DbError, Log, Row, Statement, Value};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::queue;

/// Where a thing is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum State {
    /// It was not tried yet, or only while the target as a whole failed.
    #[serde(rename = "pending_new")]
    New,
    /// It was refused, and is tried again.
    #[serde(rename = "pending_failed")]
    Failed,
    /// It was delivered.
    #[serde(rename = "sent")]
    Sent,
    /// It was given up.
    #[serde(rename = "dead")]
    Dead,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::New, Self::Failed, Self::Sent, Self::Dead];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "pending_new",
            Self::Failed => "pending_failed",
            Self::Sent => "sent",
            Self::Dead => "dead",
        }
    }

    /// The state of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// A thing in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its name.
    pub id: String,
    /// The position of the log that gave rise to it.
    pub position: i64,
    /// What it is, in the words of its channel.
    pub kind: String,
    /// The person it is about.
    pub user: Option<UserId>,
    /// What is said, in JSON. Empty if it was delivered.
    pub body: String,
    /// How often it was tried, not counting the times at which the target as a whole failed.
    pub attempts: i64,
    /// When it is tried again, if it was refused.
    pub due: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was delivered or given up.
    pub settled: Option<Timestamp>,
    /// What the other side said last, in words for an operator.
    pub answer: Option<String>,
    /// Where it stands among those of its state.
    pub mark: Mark,
}

/// A place among the things of one state, to go on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The position or the time that they are ordered by.
    pub first: i64,
    /// The ordinal; 0 if they are ordered by time.
    pub second: i64,
    /// The name.
    pub id: String,
}

impl Mark {
    /// Before everything.
    pub const START: Self = Self {
        first: i64::MIN,
        second: 0,
        id: String::new(),
    };
}

/// Things in a state, at most `limit` behind a mark: new ones in their order, others by time. Of those that
/// wait, what goes out though the target is held comes on a par with the rest.
pub async fn list(
    log: &Log,
    target: &str,
    state: State,
    after: &Mark,
    limit: i64,
) -> Result<Vec<Letter>, DbError> {
    let mut args: Vec<Value> = vec![
        target.into(),
        after.first.into(),
        after.id.as_str().into(),
        limit.into(),
    ];
    let sql = match state {
        State::New => {
            args.push(after.second.into());
            "SELECT id, position, kind, user_id, body, attempts, due, created, settled, answer, state, position, ordinal \
             FROM (SELECT * FROM deliveries WHERE target = $1 AND state = 'pending_new' AND lane = 0 \
             AND (position, ordinal, id) > ($2, $5, $3) ORDER BY position, ordinal, id LIMIT CAST($4 AS BIGINT)) control \
             UNION ALL SELECT id, position, kind, user_id, body, attempts, due, created, settled, answer, state, position, ordinal \
             FROM (SELECT * FROM deliveries WHERE target = $1 AND state = 'pending_new' \
             AND lane = (SELECT lane FROM delivery_queues WHERE target = $1 AND closed = 0) \
             AND (position, ordinal, id) > ($2, $5, $3) ORDER BY position, ordinal, id LIMIT CAST($4 AS BIGINT)) rest"
        }
        State::Failed => {
            "SELECT id, position, kind, user_id, body, attempts, due, created, settled, answer, state, due, 0 \
             FROM (SELECT * FROM deliveries WHERE target = $1 AND state = 'pending_failed' AND lane = 0 \
             AND (due, id) > ($2, $3) ORDER BY due, id LIMIT CAST($4 AS BIGINT)) control \
             UNION ALL SELECT id, position, kind, user_id, body, attempts, due, created, settled, answer, state, due, 0 \
             FROM (SELECT * FROM deliveries WHERE target = $1 AND state = 'pending_failed' \
             AND lane = (SELECT lane FROM delivery_queues WHERE target = $1 AND closed = 0) \
             AND (due, id) > ($2, $3) ORDER BY due, id LIMIT CAST($4 AS BIGINT)) rest"
        }
        State::Sent | State::Dead => {
            args.push(state.as_str().into());
            "SELECT id, position, kind, user_id, body, attempts, due, created, settled, answer, state, settled, 0 \
             FROM deliveries WHERE target = $1 AND state = $5 AND settled IS NOT NULL \
             AND (settled, id) > ($2, $3) ORDER BY settled, id LIMIT CAST($4 AS BIGINT)"
        }
    };
    let rows = log.read(sql, &args).await?;
    let mut letters = rows.iter().map(letter).collect::<Result<Vec<_>, _>>()?;
    letters.sort_by(|Letter { mark: one, .. }, Letter { mark: other, .. }| {
        (one.first, one.second, &one.id).cmp(&(other.first, other.second, &other.id))
    });
    letters.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(letters)
}

/// One thing with its state.
pub async fn get(log: &Log, target: &str, id: &str) -> Result<Option<(State, Letter)>, DbError> {
    let row = log
        .read_one(
            "SELECT id, position, kind, user_id, body, attempts, due, created, settled, answer, state, position, ordinal \
             FROM deliveries WHERE target = $1 AND id = $2",
            &[target.into(), id.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let state = State::parse(row.text(10)?);
    let state = state.ok_or_else(|| DbError::Value(format!("state {:?}", row.text(10))))?;
    Ok(Some((state, letter(&row)?)))
}

fn letter(row: &Row) -> Result<Letter, DbError> {
    let is_aside = State::parse(row.text(10)?) == Some(State::Failed);
    let id = row.text(0)?.to_owned();
    Ok(Letter {
        position: row.int(1)?,
        kind: row.text(2)?.to_owned(),
        user: row.opt_text(3)?.and_then(|user| UserId::parse(user).ok()),
        body: row.text(4)?.to_owned(),
        attempts: row.int(5)?,
        due: is_aside
            .then(|| row.int(6))
            .transpose()?
            .map(Timestamp::from_micros),
        created: Timestamp::from_micros(row.int(7)?),
        settled: row.opt_int(8)?.map(Timestamp::from_micros),
        answer: row.opt_text(9)?.map(str::to_owned),
        mark: Mark {
            first: row.int(11)?,
            second: row.int(12)?,
            id: id.clone(),
        },
        id,
    })
}

/// Has a dead letter delivered again, with all its attempts before it. Refused if it is none. The queue comes
/// first, as everybody locks it first.
pub fn replay(target: &str, id: &str) -> Vec<Statement> {
    vec![
        Statement::new(
            "UPDATE delivery_queues SET pending = pending + 1, \
             due = CASE WHEN due > not_before THEN not_before ELSE due END WHERE target = $1",
            [Value::from(target)],
        ),
        Statement::new(
            "UPDATE deliveries SET state = 'pending_failed', attempts = 0, due = 0, tried = NULL, settled = NULL, \
             lane = CASE WHEN lane = 0 THEN 0 ELSE (SELECT q.lane FROM delivery_queues q WHERE q.target = $1) END \
             WHERE target = $1 AND id = $2 AND state = 'dead' \
             AND EXISTS (SELECT 1 FROM delivery_queues q WHERE q.target = $1 AND q.closed = 0)",
            [Value::from(target), id.into()],
        )
        .exactly(1),
    ]
}

/// Drops a dead letter; the loss is counted. Refused if it is none.
pub fn discard(target: &str, id: &str) -> Vec<Statement> {
    vec![
        Statement::new(
            "UPDATE delivery_queues SET lost = lost + 1 WHERE target = $1",
            [Value::from(target)],
        ),
        Statement::new(
            "DELETE FROM deliveries WHERE target = $1 AND id = $2 AND state = 'dead'",
            [Value::from(target), id.into()],
        )
        .exactly(1),
    ]
}

/// The topics to wake with [`replay`].
pub fn topics(target: &str) -> Vec<String> {
    queue::topics([target])
}
