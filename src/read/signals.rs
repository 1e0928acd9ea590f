//! Signals from outside: which there are, so that they leave the log in time.

use domain::event::{Change, Event};
use domain::value::{SignalId, Timestamp};
use eventlog::{DbError, Log, Value};

use super::{Effect, Placed, unreadable};

pub(super) fn project(change: &Change, placed: Placed, effect: &mut Effect) {
    if let Event::SignalReported { signal, user, .. } = &change.event {
        effect.row(
            "INSERT INTO signals (id, user_id, reported) VALUES ($1, $2, $3)",
            [
                Value::from(signal.to_string()),
                user.to_string().into(),
                placed.time.micros().into(),
            ],
        );
    }
}

/// Signals that were reported before a time.
pub async fn reported_before(
    log: &Log,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<SignalId>, DbError> {
    let rows = log
        .read(
            "SELECT id FROM signals WHERE reported < $1 ORDER BY reported LIMIT $2",
            &[before.micros().into(), limit.into()],
        )
        .await?;
    rows.iter()
        .map(|row| SignalId::parse(row.text(0)?).map_err(|error| unreadable("signals", error)))
        .collect()
}
