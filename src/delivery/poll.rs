//! Targets that fetch what waits for them: handed out in order, again after a while, until acknowledged.

use domain::value::Timestamp;
use eventlog::{DbError, Log, Statement, Value};

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
    pub signed: Option<(String, String)>,
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
            "SELECT id, body, signed, kid FROM deliveries WHERE target = $1 AND state = 'pending_new' \
             AND due <= $2 AND control >= $3 ORDER BY position, ordinal, id LIMIT CAST($4 AS BIGINT)",
            &[
                target.into(),
                now.micros().into(),
                held.into(),
                limit.into(),
            ],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let signed = row.opt_text(2)?.zip(row.opt_text(3)?);
            Ok(Waiting {
                id: row.text(0)?.to_owned(),
                body: row.text(1)?.to_owned(),
                signed: signed.map(|(signed, kid)| (signed.to_owned(), kid.to_owned())),
            })
        })
        .collect()
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

/// Notes that the other side has something. What is not there, or was acknowledged before, stays as it is.
pub fn acknowledged(target: &str, id: &str, now: Timestamp) -> [Statement; 2] {
    let args = [Value::from(target), id.into()];
    [
        Statement::new(
            "UPDATE delivery_queues SET pending = pending - 1 WHERE target = $1 AND EXISTS \
             (SELECT 1 FROM deliveries d WHERE d.target = $1 AND d.id = $2 \
             AND d.state IN ('pending_new', 'pending_failed'))",
            args.clone(),
        ),
        Statement::new(
            "UPDATE deliveries SET state = 'sent', body = '', signed = NULL, kid = NULL, settled = $3 \
             WHERE target = $1 AND id = $2 AND state IN ('pending_new', 'pending_failed')",
            [args[0].clone(), args[1].clone(), now.micros().into()],
        ),
    ]
}

/// Notes that the other side will not have something: it is kept apart, for an operator to see.
pub fn refused(target: &str, id: &str, answer: &str, now: Timestamp) -> [Statement; 2] {
    let args = [Value::from(target), id.into()];
    [
        Statement::new(
            "UPDATE delivery_queues SET pending = pending - 1 WHERE target = $1 AND EXISTS \
             (SELECT 1 FROM deliveries d WHERE d.target = $1 AND d.id = $2 \
             AND d.state IN ('pending_new', 'pending_failed'))",
            args.clone(),
        ),
        Statement::new(
            "UPDATE deliveries SET state = 'dead', settled = $3, answer = $4 \
             WHERE target = $1 AND id = $2 AND state IN ('pending_new', 'pending_failed')",
            [
                args[0].clone(),
                args[1].clone(),
                now.micros().into(),
                answer.into(),
            ],
        ),
    ]
}
