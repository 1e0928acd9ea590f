//! What is taken out of the log again.

use eventlog::{Appended, Batch, Log, NewEvent};

use crate::support::{Database, about, activity, append, event, on_both_databases, positions};

on_both_databases!(
    activity_of_an_ended_subject_goes_and_leaves_a_hole,
    numbers_are_never_given_again,
    records_stay,
    long_histories_go_in_pages,
    a_person_is_forgotten_and_the_events_stand,
    a_backup_holds_everything_committed,
);

async fn append_all(log: &Log, events: Vec<NewEvent>) {
    append(
        log,
        Batch {
            events,
            ..Batch::default()
        },
    )
    .await
    .unwrap();
}

async fn activity_of_an_ended_subject_goes_and_leaves_a_hole(database: Database) {
    let log = database.open().await;
    let personal = vec![("user/1".to_owned(), b"192.0.2.1".to_vec())];
    let seen = NewEvent {
        personal,
        ..activity("session/1")
    };
    append_all(
        &log,
        vec![event("a"), seen, activity("session/1"), event("a")],
    )
    .await;
    assert_eq!(log.remove_activity("session/1").await, Ok(2));
    let page = log.after(0, 10).await.unwrap();
    assert_eq!((page.events.len(), page.next, page.removed), (2, 4, 2));
    let page = log.after(1, 1).await.unwrap();
    assert_eq!((page.events[0].seq, page.next, page.removed), (4, 4, 2));
    assert_eq!(log.version("session/1").await, Ok(0));
    let left = log
        .read("SELECT person FROM event_personal", &[])
        .await
        .unwrap();
    assert_eq!(left.len(), 0);
}

async fn numbers_are_never_given_again(database: Database) {
    let log = database.open().await;
    append_all(&log, vec![event("a"), activity("session/1")]).await;
    log.remove_activity("session/1").await.unwrap();
    let end = log.after(1, 10).await.unwrap();
    assert_eq!((end.events.len(), end.next, end.removed), (0, 2, 1));
    drop(log);
    let log = database.open().await;
    assert_eq!(
        append(&log, about("a")).await,
        Ok(Appended { first: 3, head: 3 })
    );
}

async fn records_stay(database: Database) {
    let log = database.open().await;
    append_all(
        &log,
        vec![event("user/1"), activity("user/1"), event("user/1")],
    )
    .await;
    assert_eq!(log.remove_activity("user/1").await, Ok(1));
    assert_eq!(positions(&log).await, [1, 3]);
    assert_eq!(log.version("user/1").await, Ok(3));
}

async fn long_histories_go_in_pages(database: Database) {
    let log = database.open().await;
    append_all(&log, (0..1203).map(|_| activity("session/1")).collect()).await;
    assert_eq!(log.remove_activity("session/1").await, Ok(1203));
    assert_eq!(log.after(0, 10).await.unwrap().removed, 1203);
    assert_eq!(log.remove_activity("session/1").await, Ok(0));
}

async fn a_person_is_forgotten_and_the_events_stand(database: Database) {
    let log = database.open().await;
    let of = |person: &str| (person.to_owned(), b"name".to_vec());
    let both = NewEvent {
        personal: vec![of("user/1"), of("user/2")],
        ..event("group/1")
    };
    append_all(&log, vec![both]).await;
    let before = log.after(0, 10).await.unwrap().events.remove(0);
    append(
        &log,
        Batch {
            rows: vec![Log::forget("user/1")],
            ..about("user/1")
        },
    )
    .await
    .unwrap();
    let after = log.after(0, 10).await.unwrap().events.remove(0);
    assert_eq!(after.personal, before.personal[1..]);
    assert_eq!((after.id, after.data), (before.id, before.data));
}

async fn a_backup_holds_everything_committed(database: Database) {
    let log = database.open().await;
    append_all(&log, (0..500).map(|_| event("a")).collect()).await;
    let folder = pg_harness::TempDir::new().unwrap();
    let copy = folder.join("copy.db");
    let answer = log.backup(&copy).await;
    if !database.is_sqlite() {
        assert!(matches!(answer, Err(eventlog::DbError::Unsupported(_))));
        return;
    }
    answer.unwrap();
    append(&log, about("a")).await.unwrap();
    let restored = eventlog::Options::new(copy.to_str().unwrap(), crate::support::MIGRATIONS);
    let restored = Log::open(restored).await.unwrap();
    assert_eq!(restored.head().await, Ok(500));
    assert_eq!(positions(&restored).await.len(), 500);
    log.backup(&copy)
        .await
        .expect_err("an existing file is not overwritten");
}
