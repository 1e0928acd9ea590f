//! What was acknowledged is there after a crash: of the process, of the disk, of the database.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use eventlog::{AppendError, Batch, DbError, Log, Options};

use crate::child::{Appender, Said, verify};
use crate::support::{Database, MIGRATIONS, about, append, insert, on_both_databases};

on_both_databases!(what_was_acknowledged_survives_kill_9);

async fn what_was_acknowledged_survives_kill_9(database: Database) {
    let mut said = Vec::new();
    for round in 1..=4 {
        let mut appender = Appender::start(&database.url, 16, round * 1_000_000, &[]);
        said.extend((0..round * 60).map(|_| appender.next().0));
        said.extend(appender.kill());
        verify(&database.open().await, &said).await;
    }
}

/// A library that delays `fsync` while the file `SYNC_DELAY` exists, and fails it while the file
/// `SYNC_FAIL` does.
fn shim(folder: &Path) -> PathBuf {
    let library = folder.join("shim.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/log/sync_shim.c");
    let mut cc = Command::new("cc");
    let cc = cc
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(source);
    assert!(cc.status().unwrap().success());
    library
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_comes_before_the_disk_has_synced() {
    let (database, folder) = (Database::sqlite(), pg_harness::TempDir::new().unwrap());
    let (library, delay) = (shim(&folder), folder.join("delay"));
    let env = [("LD_PRELOAD", library.as_path()), ("SYNC_DELAY", &delay)];
    let mut appender = Appender::start(&database.url, 1, 0, &env);
    let (said, _) = appender.next();
    assert!(matches!(said, Said::Acknowledged { .. }));
    std::fs::write(&delay, "").unwrap();
    // The one that was under way when the delay began may have been quick.
    while appender.next().1 < Duration::from_millis(150) {}
    for _ in 0..5 {
        let (said, took) = appender.next();
        assert!(matches!(said, Said::Acknowledged { .. }));
        assert!(
            took >= Duration::from_millis(150),
            "acknowledged after {took:?}"
        );
    }
    drop(appender);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_acknowledged_while_the_disk_fails() {
    let (database, folder) = (Database::sqlite(), pg_harness::TempDir::new().unwrap());
    let (library, fail) = (shim(&folder), folder.join("fail"));
    let env = [("LD_PRELOAD", library.as_path()), ("SYNC_FAIL", &fail)];
    let mut appender = Appender::start(&database.url, 1, 0, &env);
    let mut acknowledged: Vec<Said> = (0..10).map(|_| appender.next().0).collect();
    std::fs::write(&fail, "").unwrap();
    loop {
        match appender.next().0 {
            Said::Unavailable { .. } => break,
            said @ Said::Acknowledged { .. } => acknowledged.push(said),
        }
    }
    for _ in 0..10 {
        assert!(matches!(appender.next().0, Said::Unavailable { .. }));
    }
    std::fs::remove_file(&fail).unwrap();
    while acknowledged.len() < 30 {
        let (said, _) = appender.next();
        acknowledged.extend(matches!(said, Said::Acknowledged { .. }).then_some(said));
    }
    let rest = appender.kill().into_iter();
    acknowledged.extend(rest.filter(|said| matches!(said, Said::Acknowledged { .. })));
    verify(&database.open().await, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_lock_holder_does_not_hold_up_the_others() {
    let Some((server, database)) = pg_harness::shared().zip(Database::postgres()) else {
        return;
    };
    let log = database.open().await;
    let mut appender = Appender::start(&database.url, 16, 0, &[]);
    let mut said: Vec<Said> = (0..20).map(|_| appender.next().0).collect();
    let name = database
        .url
        .split_once("/test_")
        .unwrap()
        .1
        .split('?')
        .next()
        .unwrap();
    let count = |sql: &str| {
        server.sql(
            &format!("test_{name}"),
            &format!("SELECT count(*) FROM {sql}"),
        )
    };
    let locks = "pg_locks WHERE locktype = 'advisory' AND granted AND database = \
         (SELECT oid FROM pg_database WHERE datname = current_database())";
    let busy = "pg_stat_activity WHERE datname = current_database() AND state = 'active' \
         AND pid != pg_backend_pid()";
    loop {
        appender.signal("-STOP");
        while count(busy) != "0" {}
        if count(locks) == "1" {
            break;
        }
        appender.signal("-CONT");
        said.push(appender.next().0);
    }
    let stopped = Instant::now();
    append(
        &log,
        Batch {
            rows: vec![insert(1 << 40)],
            ..about("a")
        },
    )
    .await
    .unwrap();
    let waited = stopped.elapsed();
    assert!(
        Duration::from_secs(1) < waited && waited < Duration::from_secs(5),
        "{waited:?}"
    );
    appender.signal("-CONT");
    said.extend((0..40).map(|_| appender.next().0));
    said.extend(appender.kill());
    verify(&log, &said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_crash_of_postgresql() {
    let Some(server) = pg_harness::Server::start() else {
        return;
    };
    let log = Log::open(Options::new(server.database(), MIGRATIONS))
        .await
        .unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let writers = (0..8).map(|task| tokio::spawn(write(log.clone(), task, stop.clone())));
    let writers: Vec<_> = writers.collect();
    for crash in 1..=3 {
        log.changed(crash * 200).await;
        tokio::task::block_in_place(|| {
            server.crash();
            server.resume();
        });
    }
    log.changed(800).await;
    stop.store(true, Ordering::Relaxed);
    let mut said = Vec::new();
    for writer in writers {
        said.extend(writer.await.unwrap());
    }
    verify(&log, &said).await;
}

/// Appends batches of events and batches of rows, until it is told to stop.
async fn write(log: Log, task: i64, stop: Arc<AtomicBool>) -> Vec<Said> {
    let mut said = Vec::new();
    for n in 1.. {
        let id = if task % 2 == 0 {
            task * 1_000_000 + n
        } else {
            -task * 1_000_000 - n
        };
        let event = if id > 0 {
            about(&format!("task/{task}"))
        } else {
            Batch::default()
        };
        let batch = Batch {
            rows: vec![insert(id)],
            ..event
        };
        match append(&log, batch).await {
            Ok(appended) => said.push(Said::Acknowledged {
                id,
                seq: appended.first,
            }),
            Err(AppendError::Unavailable(DbError::Unavailable(_))) => {
                said.push(Said::Unavailable { id });
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{error:?}"),
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    said
}
