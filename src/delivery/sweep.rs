//! What leaves the queues in time: what was delivered long ago, what was dropped, and queues that have ended.
//! All of it by pages, so that nobody waits for a large one.

use domain::value::Timestamp;
use eventlog::{AppendError, Batch, DbError, Log, Statement, Value};

use super::queue;

/// How many rows are removed in one commit.
const PAGE: i64 = 500;

/// How many queues are swept at once.
const QUEUES: i64 = 100;

/// How many pages of each are removed in one go: the timer has other things to do.
const ROUNDS: usize = 50;

/// Removes what was delivered before a time, and what was dropped.
pub async fn run(log: &Log, before: Timestamp) -> Result<(), DbError> {
    for _ in 0..ROUNDS {
        let more = [sent(log, before).await?, dropped(log).await?];
        if more == [false, false] {
            break;
        }
    }
    Ok(())
}

/// Removes a page of what was delivered before a time; says whether there may be more. What waits and what was
/// given up stays, however old.
async fn sent(log: &Log, before: Timestamp) -> Result<bool, DbError> {
    let rows = log
        .read(
            "SELECT target, id FROM deliveries WHERE state = 'sent' AND settled < $1 \
             ORDER BY settled LIMIT CAST($2 AS BIGINT)",
            &[before.micros().into(), PAGE.into()],
        )
        .await?;
    let mut statements = Vec::with_capacity(rows.len());
    for row in &rows {
        statements.push(Statement::new(
            "DELETE FROM deliveries WHERE target = $1 AND id = $2 AND state = 'sent'",
            [row.value(0)?.clone(), row.value(1)?.clone()],
        ));
    }
    write(log, statements).await?;
    Ok(is_full(rows.len()))
}

/// Removes a page of what was dropped, and queues that have ended; says whether there may be more.
async fn dropped(log: &Log) -> Result<bool, DbError> {
    let queues = log
        .read(
            "SELECT target, lane, closed FROM delivery_queues WHERE swept < lane \
             ORDER BY target LIMIT CAST($1 AS BIGINT)",
            &[QUEUES.into()],
        )
        .await?;
    for queue in &queues {
        let (target, lane) = (queue.text(0)?, queue.int(1)?);
        let rows = if queue.bool(2)? {
            log.read(
                "SELECT id FROM deliveries WHERE target = $1 LIMIT CAST($2 AS BIGINT)",
                &[target.into(), PAGE.into()],
            )
            .await?
        } else {
            log.read(
                "SELECT id FROM (SELECT id FROM deliveries WHERE target = $1 AND state = 'pending_new' \
                 AND lane > 0 AND lane < $2 LIMIT CAST($3 AS BIGINT)) new \
                 UNION ALL SELECT id FROM (SELECT id FROM deliveries WHERE target = $1 \
                 AND state = 'pending_failed' AND lane > 0 AND lane < $2 LIMIT CAST($3 AS BIGINT)) failed",
                &[target.into(), lane.into(), PAGE.into()],
            )
            .await?
        };
        let mut statements = vec![queue::lock(target)];
        for row in &rows {
            statements.push(removal(target, row.text(0)?));
        }
        if rows.is_empty() {
            statements.extend(swept(target, lane));
        }
        write(log, statements).await?;
    }
    Ok(!queues.is_empty())
}

/// Removes a thing, unless it waits in a queue by now that has begun again.
fn removal(target: &str, id: &str) -> Statement {
    Statement::new(
        "DELETE FROM deliveries WHERE target = $1 AND id = $2 AND EXISTS (SELECT 1 FROM delivery_queues q \
         WHERE q.target = $1 AND (q.closed = 1 OR (deliveries.lane > 0 AND deliveries.lane < q.lane \
         AND deliveries.state IN ('pending_new', 'pending_failed'))))",
        [Value::from(target), id.into()],
    )
}

/// There is nothing more in the lanes before this one; a queue that has ended goes.
fn swept(target: &str, lane: i64) -> [Statement; 2] {
    [
        Statement::new(
            "DELETE FROM delivery_queues WHERE target = $1 AND closed = 1 \
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.target = $1)",
            [Value::from(target)],
        ),
        Statement::new(
            "UPDATE delivery_queues SET swept = $2 WHERE target = $1 AND closed = 0",
            [Value::from(target), lane.into()],
        ),
    ]
}

async fn write(log: &Log, rows: Vec<Statement>) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    match log.append(Batch::rows(rows)).await {
        Ok(_) => Ok(()),
        Err(AppendError::Unavailable(error)) => Err(error),
        Err(error) => Err(DbError::Value(error.to_string())),
    }
}

fn is_full(found: usize) -> bool {
    i64::try_from(found) == Ok(PAGE)
}
