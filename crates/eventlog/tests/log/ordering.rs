//! Positions are gapless and in the order of commits: a reader can never skip.

use std::collections::HashMap;

use eventlog::{Batch, Log};

use crate::support::{Database, about, append, event, on_both_databases, positions};

on_both_databases!(
    positions_are_gapless_under_concurrency,
    a_reader_that_follows_skips_nothing,
    pages_join_without_holes,
    whoever_waits_hears_of_a_commit,
    a_topic_is_fired_by_the_commit,
    a_hundred_moves_of_one_subject_all_succeed,
);

async fn positions_are_gapless_under_concurrency(database: Database) {
    let log = database.open().await;
    let batches = (0..300_i64).map(|n| {
        let events = (0..n % 4).map(|_| event(&format!("s/{}", n % 7))).collect();
        append(
            &log,
            Batch {
                events,
                ..Batch::default()
            },
        )
    });
    let answers = futures_util::future::join_all(batches).await;
    let total: i64 = (0..300).map(|n| n % 4).sum();
    assert_eq!(positions(&log).await, (1..=total).collect::<Vec<_>>());
    let mut given: Vec<i64> = Vec::new();
    for (n, answer) in (0..).zip(answers) {
        let answer = answer.unwrap();
        if n % 4 > 0 {
            assert_eq!(answer.head - answer.first + 1, n % 4);
            given.extend(answer.first..=answer.head);
        }
    }
    given.sort_unstable();
    assert_eq!(given, (1..=total).collect::<Vec<_>>());
    let mut versions = HashMap::new();
    for event in log.after(0, 1000).await.unwrap().events {
        let version = versions.entry(event.subject).or_insert(0);
        *version += 1;
        assert_eq!(event.version, *version);
    }
}

/// Two logs on PostgreSQL are two nodes; SQLite has one.
async fn nodes(database: &Database) -> Vec<Log> {
    let first = database.open().await;
    if database.is_sqlite() {
        vec![first]
    } else {
        vec![first, database.open().await]
    }
}

async fn a_reader_that_follows_skips_nothing(database: Database) {
    const EVENTS: i64 = 400;
    let nodes = nodes(&database).await;
    let writers = nodes
        .iter()
        .flat_map(|node| (0..8).map(move |_| node.clone()));
    let writers: Vec<_> = writers.collect();
    let share = EVENTS / i64::try_from(writers.len()).unwrap();
    for log in writers {
        tokio::spawn(async move {
            for _ in 0..share {
                append(&log, about("a")).await.unwrap();
            }
        });
    }
    let (log, mut seen) = (nodes.last().unwrap(), 0);
    while seen < EVENTS {
        log.changed(seen).await;
        let page = log.after(seen, 37).await.unwrap();
        for event in page.events {
            seen += 1;
            assert_eq!(event.seq, seen);
        }
        assert_eq!((page.next, page.removed), (seen, 0));
    }
}

async fn pages_join_without_holes(database: Database) {
    let log = database.open().await;
    let events = (0..10).map(|_| event("a")).collect();
    append(
        &log,
        Batch {
            events,
            ..Batch::default()
        },
    )
    .await
    .unwrap();
    let (mut next, mut seen) = (0, Vec::new());
    while next < 10 {
        let page = log.after(next, 3).await.unwrap();
        assert!(page.events.len() <= 3 && page.next > next);
        next = page.next;
        seen.extend(page.events.iter().map(|event| event.seq));
    }
    assert_eq!(seen, (1..=10).collect::<Vec<_>>());
    let end = log.after(10, 3).await.unwrap();
    assert_eq!((end.events.len(), end.next, end.removed), (0, 10, 0));
    let beyond = log.after(99, 3).await.unwrap();
    assert_eq!(
        (beyond.events.len(), beyond.next, beyond.removed),
        (0, 99, 0)
    );
}

async fn whoever_waits_hears_of_a_commit(database: Database) {
    let nodes = nodes(&database).await;
    let waiting: Vec<_> = nodes
        .iter()
        .cloned()
        .map(|log| tokio::spawn(async move { log.changed(0).await }))
        .collect();
    append(&nodes[0], about("a")).await.unwrap();
    for waiter in waiting {
        waiter.await.unwrap();
    }
    nodes[0].changed(0).await;
}

async fn a_topic_is_fired_by_the_commit(database: Database) {
    let nodes = nodes(&database).await;
    let log = nodes.last().unwrap();
    let mut topic = log.topic("deliveries/1");
    // Without the commit this takes a second; the listener of another node may need one to start.
    for _ in 0..3 {
        let started = std::time::Instant::now();
        let wake = vec!["deliveries/1".to_owned()];
        append(
            &nodes[0],
            Batch {
                wake,
                ..Batch::default()
            },
        )
        .await
        .unwrap();
        topic.woken().await;
        if started.elapsed() < std::time::Duration::from_millis(700) {
            return;
        }
    }
    panic!("the topic was not fired");
}

async fn a_hundred_moves_of_one_subject_all_succeed(database: Database) {
    let nodes = nodes(&database).await;
    let moves = (0..100).map(|n| {
        let log = nodes[n % nodes.len()].clone();
        async move {
            loop {
                let version = log.version("a").await.unwrap();
                let expect = vec![("a".to_owned(), version)];
                if append(
                    &log,
                    Batch {
                        expect,
                        ..about("a")
                    },
                )
                .await
                .is_ok()
                {
                    return;
                }
            }
        }
    });
    futures_util::future::join_all(moves).await;
    assert_eq!(nodes[0].version("a").await, Ok(100));
    assert_eq!(positions(&nodes[0]).await.len(), 100);
}
