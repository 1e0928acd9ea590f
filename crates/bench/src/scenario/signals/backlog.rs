//! A million tokens wait for a receiver that does not answer: memory, how another stream fares, and what it
//! takes to begin with them once the receiver is back.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rusqlite::{Connection, params};
use serde_json::json;

use super::{Pace, turn};
use crate::admin::Admin;
use crate::load::Sample;
use crate::process::Process;
use crate::receiver::Receivers;
use crate::report::Verdict;
use crate::scenario::Bench;
use crate::signals::{Signals, make_stream, set_status, stream, wait_for_pending};

const BACKLOG: u32 = 1_000_000;

/// Tokens in a second to the stream beside it.
const BESIDE: u32 = 20;

/// MiB.
const LIMIT: f64 = 64.0;

/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(100);

pub(in crate::scenario) async fn run(bench: &mut Bench) -> Result<()> {
    let site = bench.site("signals-backlog")?;
    let (mut live, dead) = (Receivers::listen().await?, Receivers::dead().await?);
    let first = site.start(true)?;
    let admin = Admin::sign_in(&first).await?;
    let full = make_stream(&admin, &dead.url(0), "ES256").await?;
    set_status(&admin, &full, "paused").await?;
    let mut signals = Signals::new(&admin, "ada").await?;
    signals.heap(1).await?;
    // The news that it is paused cannot be told, either.
    wait_for_pending(&admin, &full, 2).await?;
    drop(signals);
    first.stop()?;
    multiply(&site.database(), &full)?;

    let ours = site.start(false)?;
    let admin = Admin::sign_in(&ours).await?;
    set_status(&admin, &full, "enabled").await?;
    make_stream(&admin, &live.url(1), "ES256").await?;
    let mut signals = Signals::new(&admin, "grace").await?;
    let pace = Pace {
        per_second: BESIDE,
        receivers: 1,
        turn: bench.effort.turn,
    };
    let mut beside = Vec::new();
    for _ in 0..bench.effort.rounds {
        beside.push(turn(&admin, &mut signals, &mut live, pace).await?.committed);
    }
    let report = &mut bench.report;
    report.row(
        "a stream beside a million that wait",
        Sample::median(&beside),
    );
    let waiting = peak(&ours, LOOK).await?;

    let back = stream(&live.url(0), "ES256");
    let back = json!({ "delivery": back["delivery"] });
    let path = format!("streams/{full}");
    admin.ask("PATCH", &path, &back).await?;
    live.clear();
    let began = Instant::now();
    let leaving = peak(&ours, bench.effort.turn * 3).await?;
    let count = u32::try_from(live.clear())?;
    ensure!(count > 0, "nothing leaves the backlog");
    let rate = f64::from(count) / began.elapsed().as_secs_f64();
    for (what, measured, limit, unit) in [
        (
            "anonymous memory, a million wait",
            waiting,
            Some(LIMIT),
            "MiB",
        ),
        (
            "the same while they leave, at most",
            leaving,
            Some(LIMIT),
            "MiB",
        ),
        ("how fast they leave", rate, None, "/s"),
    ] {
        let what = what.to_owned();
        report.verdict(Verdict {
            what,
            measured,
            limit,
            unit,
        });
    }
    Ok(())
}

/// Makes a million of the one signal that waits in a stream, while no server runs.
fn multiply(database: &Path, stream: &str) -> Result<()> {
    let target = format!("stream/{stream}");
    let mut database = Connection::open(database)?;
    let transaction = database.transaction()?;
    // The jti is the name.
    transaction.execute(
        "WITH RECURSIVE numbers (number) AS \
         (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?2) \
         INSERT INTO deliveries (target, id, position, ordinal, user_id, kind, lane, body, state, attempts, due, created) \
         SELECT target, printf('bench-%016d', number), position, ordinal + number, user_id, kind, lane, \
         replace(body, id, printf('bench-%016d', number)), state, attempts, due, created \
         FROM deliveries, numbers WHERE target = ?1 AND user_id IS NOT NULL AND state = 'pending_new'",
        params![target, BACKLOG],
    )?;
    let all = "SELECT COUNT(*) FROM deliveries WHERE target = ?1 AND state LIKE 'pending%'";
    let pending: u32 = transaction.query_row(all, [&target], |row| row.get(0))?;
    ensure!(pending >= BACKLOG, "only {pending} wait");
    let update = "UPDATE delivery_queues SET pending = ?2, arrived = ?2, due = 0 WHERE target = ?1";
    transaction.execute(update, params![target, pending])?;
    transaction.commit()?;
    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// The most memory of its own that a server has for a time, in MiB.
#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52")]
async fn peak(server: &Process, duration: Duration) -> Result<f64> {
    let end = Instant::now() + duration;
    let mut most = 0;
    while Instant::now() < end {
        most = most.max(server.anonymous_memory()?);
        tokio::time::sleep(LOOK).await;
    }
    Ok(most as f64 / (1024.0 * 1024.0))
}
