//! What became of a commit whose answer was lost.
//!
//! Every session that commits has a row of its own, and every transaction writes its number there:
//! so the row tells, after a cut, a crash or a failover, which was the last to be committed. (The
//! server's own transaction numbers cannot tell: after a crash they are given again.)

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::session::{self, Session, Target};
use crate::DbError;
use crate::value::ValueRef;

const ENTER: &str = "INSERT INTO commits (session, number, at) \
     VALUES (CAST(gen_random_uuid() AS TEXT), 0, db_now()) RETURNING session";
/// Written by every transaction.
pub(super) const MARK: &str = "UPDATE commits SET number = $2, at = db_now() WHERE session = $1";
/// Waits for a transaction that is still being committed.
const LAST: &str = "SELECT number FROM commits WHERE session = $1 FOR UPDATE";
/// Rows of sessions that are long gone: nothing is settled later than [`PATIENCE`].
pub(super) const CLEAN_UP: &str = "DELETE FROM commits WHERE at < db_now() - 86400000000";

/// How long whoever asked is kept waiting before they hear that nobody knows.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

/// Which transaction of which session.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) session: String,
    pub(super) number: i64,
}

impl Mark {
    /// The mark of a session's first transaction.
    pub(super) async fn enter(session: &mut Session) -> Result<Self, DbError> {
        let entered = timeout(session::PATIENCE, session.query(ENTER, &[])).await;
        let reply = entered.map_err(|_| session::silence())??;
        let row = reply
            .rows
            .first()
            .ok_or_else(|| DbError::Value("no session".into()))?;
        Ok(Self {
            session: row.text(0)?.to_owned(),
            number: 1,
        })
    }

    pub(super) fn args(&self) -> [ValueRef<'_>; 2] {
        [ValueRef::Text(&self.session), ValueRef::Int(self.number)]
    }
}

/// Whether the transaction was committed.
pub(super) async fn settle(target: &Target, mark: &Mark) -> Result<bool, DbError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Ok(Ok(last)) = timeout(PATIENCE, last(target, mark)).await {
            return Ok(last == mark.number);
        }
        if Instant::now() > deadline {
            return Err(DbError::OutcomeUnknown(
                "the database cannot be reached".into(),
            ));
        }
        sleep(PAUSE).await;
    }
}

async fn last(target: &Target, mark: &Mark) -> Result<i64, DbError> {
    let mut session = target.connect().await?;
    let reply = session
        .query(LAST, &[ValueRef::Text(&mark.session)])
        .await?;
    reply.rows.first().map_or(Ok(0), |row| row.int(0))
}
