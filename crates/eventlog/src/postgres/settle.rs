//! What became of a commit whose answer was lost.
//!
//! The transaction is asked for by its number until it is no longer in progress: the server may
//! still be working on it. A transaction that made events is then known by one of them, which
//! stands even where numbers of transactions do not (after a failover); one of rows only, by the
//! status of its number.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::session::Target;
use crate::DbError;
use crate::value::ValueRef;

/// The number of the running transaction.
pub(super) const TRANSACTION: &str = "SELECT CAST(pg_current_xact_id() AS TEXT)";
const STATUS: &str = "SELECT pg_xact_status(CAST(CAST($1 AS TEXT) AS xid8))";
const EVENT: &str = "SELECT seq FROM events WHERE id = $1";

/// How long whoever asked is kept waiting before they hear that nobody knows.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

/// Whether the transaction was committed.
pub(super) async fn settle(
    target: &Target,
    transaction: &str,
    event: Option<Uuid>,
) -> Result<bool, DbError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let asked = timeout(PATIENCE, ask(target, transaction, event)).await;
        match asked {
            Ok(Ok(Some(is_committed))) => return Ok(is_committed),
            Ok(Err(error @ DbError::Statement { .. })) => {
                return Err(DbError::OutcomeUnknown(error.to_string()));
            }
            _ if Instant::now() > deadline => {
                return Err(DbError::OutcomeUnknown(
                    "the database cannot be reached".into(),
                ));
            }
            _ => sleep(PAUSE).await,
        }
    }
}

async fn ask(
    target: &Target,
    transaction: &str,
    event: Option<Uuid>,
) -> Result<Option<bool>, DbError> {
    let mut session = target.connect().await?;
    let reply = session
        .query(STATUS, &[ValueRef::Text(transaction)])
        .await?;
    let status = reply.rows.first().map_or(Ok(None), |row| row.opt_text(0))?;
    if status == Some("in progress") {
        return Ok(None);
    }
    let Some(event) = event else {
        return Ok(Some(status == Some("committed")));
    };
    let reply = session
        .query(EVENT, &[ValueRef::Bytes(event.as_bytes())])
        .await?;
    Ok(Some(!reply.rows.is_empty()))
}
