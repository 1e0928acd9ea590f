//! What time brings about: a command each, run by the one node that holds the timer's lease.
//!
//! Sessions, memberships and grants that are over end; signing keys change phase; rows of short life
//! and of deliveries made are swept; activity that ended long ago leaves the log. Each step does a bounded amount and is
//! done again until nothing is due.

use std::time::Duration;

use domain::cause::Cause;
use domain::powers::Powers;
use domain::refusal::Refusal;
use domain::value::Timestamp;
use eventlog::{Batch, DbError, Statement, Value};

use crate::app::App;
use crate::command::grants::ExpireGrant;
use crate::command::groups::ExpireMembership;
use crate::command::sessions::ExpireSession;
use crate::delivery;
use crate::execute::{Command, Facts, Refused, execute};
use crate::keys::ring::Advance;
use crate::{read, ssf};

/// How many of a kind are done in one step.
const PAGE: i64 = 200;

/// How long the lease lasts; a node that dies is followed after this.
const LEASE: Duration = Duration::from_secs(15);

/// How often the timer looks.
const INTERVAL: Duration = Duration::from_secs(1);

/// Runs until the task is dropped. `owner` names this process.
pub async fn run(app: App, owner: String) {
    loop {
        match app.log.lease("timer", &owner, LEASE).await {
            Ok(Some(_)) => {
                if let Err(error) = tick(&app).await {
                    tracing::warn!(%error, "the timer could not do all that is due");
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the timer has no lease"),
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Does all that is due now. What fails keeps nothing else from being done; the first failure is told.
pub async fn tick(app: &App) -> Result<(), Refused> {
    let now = app.now();
    let (keys, kept) = (&app.config.keys, &app.config.delivery.keep_sent);
    let advance = Advance {
        publish: keys.publish.seconds(),
        keep: keys.keep.seconds(),
    };
    let retired_before = now.plus(-app.config.events.activity.seconds());
    let done = [
        expire_sessions(app, now).await,
        expire_memberships(app, now).await,
        expire_grants(app, now).await,
        run_command(app, now, &advance).await,
        ssf::watch::run(app).await,
        sweep(app, now).await.map_err(Refused::from),
        delivery::sweep::run(&app.log, now.plus(-kept.seconds()))
            .await
            .map_err(Refused::from),
        retire(app, retired_before).await.map_err(Refused::from),
    ];
    done.into_iter().collect()
}

async fn expire_sessions(app: &App, now: Timestamp) -> Result<(), Refused> {
    loop {
        let due = read::sessions::due(&app.log, now, PAGE).await?.into_iter();
        if !run_page(app, now, due.map(|id| ExpireSession { id }).collect()).await? {
            return Ok(());
        }
    }
}

async fn expire_memberships(app: &App, now: Timestamp) -> Result<(), Refused> {
    loop {
        let due = read::groups::due(&app.log, now, PAGE).await?.into_iter();
        let over = due.map(|due| ExpireMembership {
            group: due.group,
            user: due.user,
        });
        if !run_page(app, now, over.collect()).await? {
            return Ok(());
        }
    }
}

async fn expire_grants(app: &App, now: Timestamp) -> Result<(), Refused> {
    loop {
        let due = read::grants::due(&app.log, now, PAGE).await?.into_iter();
        if !run_page(app, now, due.map(|id| ExpireGrant { id }).collect()).await? {
            return Ok(());
        }
    }
}

/// Runs all commands of a page; says whether there may be another page.
async fn run_page<C: Command>(app: &App, now: Timestamp, page: Vec<C>) -> Result<bool, Refused> {
    let mut done = Ok(is_full(&[page.len()]));
    for command in &page {
        let ran = run_command(app, now, command).await;
        done = done.and_then(|full| ran.map(|()| full));
    }
    done
}

/// Whether one of these pages may have another behind it.
fn is_full(pages: &[usize]) -> bool {
    pages.iter().any(|found| i64::try_from(*found) == Ok(PAGE))
}

/// Runs a command in the name of time. What a rule refuses today is not due today.
async fn run_command<C: Command>(app: &App, now: Timestamp, command: &C) -> Result<(), Refused> {
    let facts = Facts {
        now,
        cause: Cause::time(),
        powers: Powers::All,
    };
    match execute(app, command, &facts).await {
        Ok(_) | Err(Refused::Refusal(Refusal::NotFound(_))) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Deletes rows of short life.
async fn sweep(app: &App, now: Timestamp) -> Result<(), DbError> {
    let rows = read::tables::SWEEPS
        .iter()
        .map(|sql| Statement::new(sql, [Value::from(now.micros())]));
    let batch = Batch {
        rows: rows.collect(),
        ..Batch::default()
    };
    app.log
        .append(batch)
        .await
        .map(drop)
        .map_err(|error| DbError::Unavailable(error.to_string()))
}

/// Removes what ended long ago.
async fn retire(app: &App, before: Timestamp) -> Result<(), DbError> {
    while retire_some(app, before).await? {}
    Ok(())
}

/// Removes sessions and grants that ended before a time, and signals from before it, from the log and from the tables; says
/// whether there may be more.
async fn retire_some(app: &App, before: Timestamp) -> Result<bool, DbError> {
    let sessions = read::sessions::ended_before(&app.log, before, PAGE).await?;
    let grants = read::grants::revoked_before(&app.log, before, PAGE).await?;
    let signals = read::signals::reported_before(&app.log, before, PAGE).await?;
    let full = is_full(&[sessions.len(), grants.len(), signals.len()]);
    let mut rows = Vec::new();
    for id in sessions {
        app.log.remove_activity(&format!("session/{id}")).await?;
        rows.push(Statement::new(
            "DELETE FROM sessions WHERE id = $1",
            [Value::from(id.to_string())],
        ));
    }
    for id in grants {
        app.log.remove_activity(&format!("grant/{id}")).await?;
        rows.push(Statement::new(
            "DELETE FROM grants WHERE id = $1",
            [Value::from(id.to_string())],
        ));
    }
    for id in signals {
        app.log.remove_activity(&format!("signal/{id}")).await?;
        rows.push(Statement::new(
            "DELETE FROM signals WHERE id = $1",
            [Value::from(id.to_string())],
        ));
    }
    if !rows.is_empty() {
        let batch = Batch {
            rows,
            ..Batch::default()
        };
        app.log
            .append(batch)
            .await
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
    }
    Ok(full)
}
