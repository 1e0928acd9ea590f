//! Hears of commits on every node, and asks once a second in case it has missed one.

use std::sync::Arc;

use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tracing::warn;

use super::session::{HEAD_CHANNEL, Session, TOPIC_CHANNEL, Target};
use crate::news::{FALLBACK, News};
use crate::value::ValueRef;
use crate::{DbError, Seq, statements as sql};

/// Runs until it is aborted.
pub(super) async fn listen(target: Target, news: Arc<News>) {
    let mut last = 0;
    loop {
        let Err(error) = follow(&target, &news, &mut last).await;
        warn!(%error, "the log is not being followed; trying again");
        sleep(FALLBACK).await;
    }
}

async fn follow(
    target: &Target,
    news: &News,
    last: &mut Seq,
) -> Result<std::convert::Infallible, DbError> {
    let mut session = target.connect().await?;
    session
        .run(&format!("LISTEN {HEAD_CHANNEL}; LISTEN {TOPIC_CHANNEL}"))
        .await?;
    let mut ticks = interval(FALLBACK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let silent = |_| DbError::Unavailable("the database does not answer".into());
        let head = timeout(FALLBACK * 5, head(&mut session, *last))
            .await
            .map_err(silent)??;
        news.read(head.0, head.1);
        *last = head.1;
    }
}

/// The epoch and the head. A head behind one that was seen before has lost its tail, in a restore
/// or a failover: the first node to notice begins a new epoch.
async fn head(session: &mut Session, last: Seq) -> Result<(i64, Seq), DbError> {
    let reply = session.query(sql::HEAD, &[]).await?;
    let row = reply
        .rows
        .first()
        .ok_or_else(|| DbError::Value("log_head is empty".into()))?;
    let (epoch, seq) = (row.int(0)?, row.int(1)?);
    if seq >= last {
        return Ok((epoch, seq));
    }
    warn!(
        last,
        seq, "the log ends before a position that was read: a new epoch begins"
    );
    session
        .query(sql::BEGIN_EPOCH_AFTER, &[ValueRef::Int(epoch)])
        .await?;
    session.query(sql::SET_CURSORS_BACK, &[]).await?;
    Ok((epoch + 1, seq))
}
