//! Cursors and leases: one owner at a time, and an effect that happens once.

use std::time::Duration;

use eventlog::{AppendError, Batch, Log};

use crate::support::{Database, about, append, insert, on_both_databases, things};

const MINUTE: Duration = Duration::from_mins(1);

on_both_databases!(
    a_lease_has_one_owner,
    a_lapsed_lease_changes_hands_and_epoch,
    a_released_lease_is_free,
    an_owner_that_ends_frees_all_it_holds,
    whoever_is_alone_frees_everything,
    the_leases_of_a_kind_that_are_held_are_counted,
    a_cursor_moves_with_the_effect,
    a_lost_lease_moves_nothing,
    a_cursor_that_has_moved_is_not_moved_again,
    a_log_that_lost_its_tail_begins_a_new_epoch,
);

async fn a_lease_has_one_owner(database: Database) {
    let log = database.open().await;
    let first = log.lease("mail", "node-1", MINUTE).await.unwrap().unwrap();
    assert_eq!(log.lease("mail", "node-2", MINUTE).await, Ok(None));
    let renewed = log.lease("mail", "node-1", MINUTE).await.unwrap().unwrap();
    assert_eq!((first.epoch, renewed.epoch), (1, 1));
    assert!(
        log.lease("webhook", "node-2", MINUTE)
            .await
            .unwrap()
            .is_some()
    );
}

async fn a_lapsed_lease_changes_hands_and_epoch(database: Database) {
    let log = database.open().await;
    log.lease("mail", "node-1", Duration::ZERO).await.unwrap();
    let second = log
        .lease("mail", "node-2", Duration::ZERO)
        .await
        .unwrap()
        .unwrap();
    let back = log.lease("mail", "node-2", MINUTE).await.unwrap().unwrap();
    assert_eq!((second.epoch, back.epoch), (2, 3));
}

async fn a_released_lease_is_free(database: Database) {
    let log = database.open().await;
    let lease = log.lease("mail", "node-1", MINUTE).await.unwrap().unwrap();
    log.release(&lease).await.unwrap();
    let next = log.lease("mail", "node-2", MINUTE).await.unwrap().unwrap();
    assert_eq!(next.epoch, 2);
    log.release(&lease).await.unwrap();
    assert_eq!(
        log.lease("mail", "node-1", MINUTE).await,
        Ok(None),
        "an old lease frees nothing"
    );
}

async fn an_owner_that_ends_frees_all_it_holds(database: Database) {
    let log = database.open().await;
    for (name, owner) in [
        ("mail", "node-1"),
        ("webhook", "node-1"),
        ("timer", "node-2"),
    ] {
        log.lease(name, owner, MINUTE).await.unwrap();
    }
    log.release_of("node-1").await.unwrap();
    for (name, is_free) in [("mail", true), ("webhook", true), ("timer", false)] {
        let lease = log.lease(name, "node-3", MINUTE).await.unwrap();
        assert_eq!(lease.is_some(), is_free, "{name}");
    }
}

async fn whoever_is_alone_frees_everything(database: Database) {
    let log = database.open().await;
    for (name, owner) in [("mail", "node-1"), ("timer", "node-2")] {
        log.lease(name, owner, MINUTE).await.unwrap();
    }
    log.release_all().await.unwrap();
    for name in ["mail", "timer"] {
        let lease = log.lease(name, "node-3", MINUTE).await.unwrap().unwrap();
        assert_eq!(lease.epoch, 2, "{name}");
    }
}

async fn the_leases_of_a_kind_that_are_held_are_counted(database: Database) {
    let log = database.open().await;
    for (name, ttl) in [
        ("node/0", MINUTE),
        ("node/\u{10fffe}", MINUTE),
        ("node/2", Duration::ZERO),
        ("node", MINUTE),
        ("nodes", MINUTE),
    ] {
        log.lease(name, "a", ttl).await.unwrap();
    }
    let released = log.lease("node/3", "a", MINUTE).await.unwrap().unwrap();
    log.release(&released).await.unwrap();
    assert_eq!(log.holders("node/").await, Ok(2));
}

async fn a_cursor_moves_with_the_effect(database: Database) {
    let log = database.open().await;
    let lease = log.lease("mail", "node-1", MINUTE).await.unwrap().unwrap();
    for id in 1..=3 {
        append(&log, about("a")).await.unwrap();
        let cursor = log.cursor("mail").await.unwrap();
        assert_eq!(cursor.seq, id - 1);
        let rows = [Log::advance(&lease, &cursor, id), insert(id)];
        append(&log, Batch::rows(rows)).await.unwrap();
    }
    assert_eq!(log.cursor("mail").await.unwrap().seq, 3);
    assert_eq!(things(&log).await, [1, 2, 3]);
}

async fn a_lost_lease_moves_nothing(database: Database) {
    let log = database.open().await;
    append(&log, about("a")).await.unwrap();
    let lapsed = log
        .lease("mail", "node-1", Duration::ZERO)
        .await
        .unwrap()
        .unwrap();
    let cursor = log.cursor("mail").await.unwrap();
    let late = || Batch::rows([Log::advance(&lapsed, &cursor, 1), insert(1)]);
    let refused = Err(AppendError::RowsChanged { statement: 0 });
    assert_eq!(append(&log, late()).await, refused);
    log.lease("mail", "node-2", MINUTE).await.unwrap().unwrap();
    assert_eq!(append(&log, late()).await, refused);
    assert_eq!(
        (log.cursor("mail").await.unwrap().seq, things(&log).await),
        (0, vec![])
    );
}

async fn a_cursor_that_has_moved_is_not_moved_again(database: Database) {
    let log = database.open().await;
    let lease = log.lease("mail", "node-1", MINUTE).await.unwrap().unwrap();
    let cursor = log.cursor("mail").await.unwrap();
    let step = |id| Batch::rows([Log::advance(&lease, &cursor, 1), insert(id)]);
    let (first, second) = tokio::join!(append(&log, step(1)), append(&log, step(2)));
    assert_eq!(
        u8::from(first.is_ok()) + u8::from(second.is_ok()),
        1,
        "{first:?} {second:?}"
    );
    assert_eq!(things(&log).await.len(), 1);
}

async fn a_log_that_lost_its_tail_begins_a_new_epoch(database: Database) {
    let log = database.open().await;
    append(&log, about("a")).await.unwrap();
    assert_eq!(log.epoch(), 1);
    assert_eq!(log.begin_epoch().await, Ok(2));
    let lease = log.lease("mail", "node-1", MINUTE).await.unwrap().unwrap();
    let cursor = log.cursor("mail").await.unwrap();
    append(&log, Batch::rows([Log::advance(&lease, &cursor, 9)]))
        .await
        .unwrap();
    drop(log);
    let log = database.open().await;
    assert_eq!((log.epoch(), log.cursor("mail").await.unwrap().seq), (3, 1));
    drop(log);
    assert_eq!(database.open().await.epoch(), 3);
}
