//! Targets that fetch what waits for them: handed out in order, again after a while, until acknowledged.

use domain::value::Timestamp;
use eventlog::{DbError, Log, Statement, Value};

use super::channel::Signed;
use super::{answer, queue};

/// How long what was handed out may stay unacknowledged before it is handed out again, in seconds.
pub const AGAIN_AFTER: i64 = 30;

/// Something that waits to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its name.
    pub id: String,
    /// What is said, in JSON.
    pub body: String,
    /// The form it was handed out in before, and the key that signed it.
    pub signed: Option<Signed>,
}

/// What waits for a target now, in order; of what is held only what goes out all the same.
pub async fn waiting(
    log: &Log,
    target: &str,
    held: bool,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Waiting>, DbError> {
    let rows = log
        .read(
            "SELECT id, body, signed, kid, position, ordinal FROM (SELECT * FROM deliveries \
             WHERE target = $1 AND state = 'pending_new' AND lane = 0 AND due <= $2 \
             ORDER BY position, ordinal, id LIMIT CAST($4 AS BIGINT)) control \
             UNION ALL SELECT id, body, signed, kid, position, ordinal FROM (SELECT * FROM deliveries \
             WHERE target = $1 AND state = 'pending_new' AND lane = (SELECT lane FROM delivery_queues \
             WHERE target = $1 AND closed = 0 AND CAST($3 AS BIGINT) = 0) AND due <= $2 \
             ORDER BY position, ordinal, id LIMIT CAST($4 AS BIGINT)) rest",
            &[
                target.into(),
                now.micros().into(),
                held.into(),
                limit.into(),
            ],
        )
        .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let signed = row.opt_text(2)?.zip(row.opt_text(3)?);
        let waiting = Waiting {
            id: row.text(0)?.to_owned(),
            body: row.text(1)?.to_owned(),
            signed: signed.map(|(token, kid)| Signed {
                token: token.to_owned(),
                kid: kid.to_owned(),
            }),
        };
        found.push(((row.int(4)?, row.int(5)?), waiting));
    }
    found.sort_by(|(place, one), (other_place, other)| {
        place.cmp(other_place).then_with(|| one.id.cmp(&other.id))
    });
    found.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(found.into_iter().map(|(_, waiting)| waiting).collect())
}

/// Notes that something was handed out in this form: it is kept, and not handed out again at once.
pub fn handed_out(target: &str, id: &str, signed: &str, kid: &str, now: Timestamp) -> Statement {
    Statement::new(
        "UPDATE deliveries SET signed = $3, kid = $4, due = $5, attempts = attempts + 1 \
         WHERE target = $1 AND id = $2 AND state = 'pending_new'",
        [
            Value::from(target),
            id.into(),
            signed.into(),
            kid.into(),
            now.plus(AGAIN_AFTER).micros().into(),
        ],
    )
}

/// Notes that the other side has these. What is not there, or was acknowledged before, stays as it is.
pub fn acknowledged(target: &str, ids: &[&str], now: Timestamp) -> Vec<Statement> {
    let mut rows = vec![queue::lock(target)];
    for id in ids {
        rows.push(counted(target, id));
        rows.push(Statement::new(
            "UPDATE deliveries SET state = 'sent', body = '', signed = NULL, kid = NULL, settled = $3 \
             WHERE target = $1 AND id = $2 AND state IN ('pending_new', 'pending_failed')",
            [Value::from(target), (*id).into(), now.micros().into()],
        ));
    }
    rows
}

/// Notes that the other side will not have something, and why: it is kept apart, for an operator to see.
pub fn refused(target: &str, id: &str, answer: &str, now: Timestamp) -> Vec<Statement> {
    vec![
        queue::lock(target),
        counted(target, id),
        Statement::new(
            "UPDATE deliveries SET state = 'dead', settled = $3, answer = $4 \
             WHERE target = $1 AND id = $2 AND state IN ('pending_new', 'pending_failed')",
            [
                Value::from(target),
                id.into(),
                now.micros().into(),
                answer::clean(answer).into(),
            ],
        ),
    ]
}

/// One less waits, if this one did.
fn counted(target: &str, id: &str) -> Statement {
    Statement::new(
        "UPDATE delivery_queues SET pending = pending - 1 WHERE target = $1 AND closed = 0 AND EXISTS \
         (SELECT 1 FROM deliveries d WHERE d.target = $1 AND d.id = $2 \
         AND d.state IN ('pending_new', 'pending_failed') AND d.lane IN (0, delivery_queues.lane))",
        [Value::from(target), id.into()],
    )
}
