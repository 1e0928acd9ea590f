//! What a batch promises: all of it or nothing, and it can be read as soon as it was answered.

use eventlog::{AppendError, Appended, Batch, Class, DbError, NewEvent, Personal, Row, Value};

use crate::support::{
    Database, MIGRATIONS, about, append, event, insert, on_both_databases, positions, take, things,
};

on_both_databases!(
    an_event_comes_back_as_it_was_appended,
    events_claims_and_rows_are_committed_together,
    nothing_of_a_refused_batch_is_committed,
    a_subject_that_has_moved_is_a_conflict,
    a_batch_may_hold_several_subjects,
    every_statement_of_the_log_can_be_prepared,
    text_with_nul_is_refused,
    every_type_of_value_comes_back,
    reads_together_see_one_state,
    the_log_is_there_after_it_was_closed,
    an_event_id_is_unique,
);

async fn an_event_comes_back_as_it_was_appended(database: Database) {
    let log = database.open().await;
    let new = NewEvent {
        class: Class::Activity,
        data: vec![0, 255, 7],
        personal: vec![
            ("user/b".into(), b"Bob".to_vec()),
            ("user/a".into(), b"Ann".to_vec()),
        ],
        ..event("thing/1")
    };
    append(
        &log,
        Batch {
            events: vec![new.clone(), event("thing/1")],
            ..Batch::default()
        },
    )
    .await
    .unwrap();

    let page = log.after(0, 10).await.unwrap();
    assert_eq!((page.next, page.removed, page.events.len()), (2, 0, 2));
    let found = &page.events[0];
    assert_eq!((found.seq, found.version, found.id), (1, 1, new.id));
    assert_eq!(
        (found.kind.as_str(), found.subject.as_str()),
        (new.kind, "thing/1")
    );
    assert_eq!(
        (found.time, found.class, &found.data),
        (new.time, Class::Activity, &new.data)
    );
    let personal = |person: &str, data: &[u8]| Personal {
        person: person.into(),
        data: data.into(),
    };
    assert_eq!(
        found.personal,
        [personal("user/a", b"Ann"), personal("user/b", b"Bob")]
    );
    assert_eq!(page.events[1].version, 2);
    assert_eq!(log.subject("thing/1", 0, 10).await.unwrap(), page.events);
    assert_eq!(
        log.subject("thing/1", 1, 10).await.unwrap(),
        page.events[1..]
    );
    assert_eq!(
        log.after_of_kind("thing.done", 0, 1).await.unwrap(),
        page.events[..1]
    );
    assert_eq!(log.after_of_kind("thing.undone", 0, 10).await.unwrap(), []);
}

async fn events_claims_and_rows_are_committed_together(database: Database) {
    let log = database.open().await;
    let batch = Batch {
        expect: vec![("a".into(), 0)],
        claims: vec![take("x", "a")],
        events: vec![event("a"), event("a")],
        rows: vec![insert(7)],
        ..Batch::default()
    };
    assert_eq!(
        append(&log, batch).await,
        Ok(Appended { first: 1, head: 2 })
    );
    assert_eq!(log.head().await, Ok(2));
    assert_eq!(log.version("a").await, Ok(2));
    let row = log
        .read_one("SELECT seq FROM things WHERE id = $1", &[7.into()])
        .await
        .unwrap();
    assert_eq!(
        row.unwrap().int(0),
        Ok(1),
        "Value::Seq is the first event's position"
    );
}

async fn nothing_of_a_refused_batch_is_committed(database: Database) {
    let log = database.open().await;
    append(
        &log,
        Batch {
            rows: vec![insert(1)],
            ..about("a")
        },
    )
    .await
    .unwrap();
    let refused = [
        Batch {
            expect: vec![("a".into(), 5)],
            rows: vec![insert(2)],
            ..about("b")
        },
        Batch {
            claims: vec![take("x", "b"), take("x", "c")],
            rows: vec![insert(2)],
            ..about("b")
        },
        Batch {
            claims: vec![take("x", "b")],
            rows: vec![insert(2), insert(1)],
            ..about("b")
        },
        Batch {
            rows: vec![insert(2), insert(3).exactly(2)],
            ..about("b")
        },
    ];
    for batch in refused {
        append(&log, batch).await.unwrap_err();
    }
    assert_eq!(
        (things(&log).await, positions(&log).await),
        (vec![1], vec![1])
    );
    assert_eq!(log.version("b").await, Ok(0));
    let free = Batch {
        claims: vec![take("x", "b")],
        ..about("b")
    };
    assert_eq!(append(&log, free).await, Ok(Appended { first: 2, head: 2 }));
}

async fn a_subject_that_has_moved_is_a_conflict(database: Database) {
    let log = database.open().await;
    let expecting = |version| Batch {
        expect: vec![("a".into(), version)],
        ..about("a")
    };
    append(&log, expecting(0)).await.unwrap();
    let conflict = Err(AppendError::Conflict {
        subject: "a".into(),
    });
    assert_eq!(append(&log, expecting(0)).await, conflict);
    append(&log, expecting(1)).await.unwrap();
    let only_read = Batch {
        expect: vec![("a".into(), 1)],
        ..about("b")
    };
    assert_eq!(append(&log, only_read).await, conflict);
}

async fn a_batch_may_hold_several_subjects(database: Database) {
    let log = database.open().await;
    let events = vec![event("a"), event("b"), event("a")];
    append(
        &log,
        Batch {
            events,
            ..Batch::default()
        },
    )
    .await
    .unwrap();
    let page = log.after(0, 10).await.unwrap();
    let found: Vec<_> = page
        .events
        .iter()
        .map(|e| (e.subject.as_str(), e.version))
        .collect();
    assert_eq!(found, [("a", 1), ("b", 1), ("a", 2)]);
}

async fn every_statement_of_the_log_can_be_prepared(database: Database) {
    let log = database.open().await;
    log.prepare_all(&["SELECT id FROM things WHERE name = $1"])
        .await
        .unwrap();
    let misspelt = log.prepare_all(&["SELECT nothing FROM things"]).await;
    assert!(
        matches!(misspelt, Err(DbError::Statement { .. })),
        "{misspelt:?}"
    );
}

async fn text_with_nul_is_refused(database: Database) {
    let log = database.open().await;
    let refused = append(&log, about("a\0b")).await;
    assert!(
        matches!(refused, Err(AppendError::Refused(_))),
        "{refused:?}"
    );
    let read = log
        .read("SELECT id FROM things WHERE name = $1", &["a\0".into()])
        .await;
    assert!(matches!(read, Err(DbError::Value(_))), "{read:?}");
}

async fn every_type_of_value_comes_back(database: Database) {
    const INSERT: &str = "INSERT INTO things (id, name, blob, seq) VALUES ($1, $2, $3, $4)";
    let log = database.open().await;
    let values: [[Value; 4]; 2] = [
        [
            i64::MAX.into(),
            "naïve 🦀 '; --".into(),
            vec![0_u8, 255].into(),
            i64::MIN.into(),
        ],
        [0.into(), Value::Null, Value::Null, Value::Null],
    ];
    for row in &values {
        let insert = eventlog::Statement::new(INSERT, row.clone());
        append(&log, Batch::rows([insert.exactly(1)]))
            .await
            .unwrap();
    }
    let rows = log
        .read(
            "SELECT id, name, blob, seq FROM things ORDER BY id DESC",
            &[],
        )
        .await;
    let found: Vec<Vec<Value>> = rows.unwrap().iter().map(columns).collect();
    assert_eq!(found, values.map(Vec::from));

    let one = log.read_one(
        "SELECT 1, EXISTS (SELECT 1 FROM things), count(*) FROM things",
        &[],
    );
    assert_eq!(
        columns(&one.await.unwrap().unwrap()),
        [1.into(), 1.into(), Value::Int(2)]
    );
}

fn columns(row: &Row) -> Vec<Value> {
    (0..)
        .map_while(|column| row.value(column).ok().cloned())
        .collect()
}

async fn reads_together_see_one_state(database: Database) {
    let log = database.open().await;
    let writer = tokio::spawn({
        let log = log.clone();
        async move {
            for id in 0..200 {
                append(
                    &log,
                    Batch {
                        rows: vec![insert(id)],
                        ..about("a")
                    },
                )
                .await
                .unwrap();
            }
        }
    });
    while !writer.is_finished() {
        let queries = [
            ("SELECT count(*) FROM things", vec![]),
            (
                "SELECT seq FROM log_head WHERE seq >= $1",
                vec![Value::Int(0)],
            ),
        ];
        let answers = log.read_together(&queries).await.unwrap();
        assert_eq!(answers[0][0].int(0), answers[1][0].int(0));
    }
    writer.await.unwrap();
}

async fn the_log_is_there_after_it_was_closed(database: Database) {
    let log = database.open().await;
    append(
        &log,
        Batch {
            rows: vec![insert(1)],
            ..about("a")
        },
    )
    .await
    .unwrap();
    drop(log);
    let log = database.open().await;
    assert_eq!(
        (things(&log).await, positions(&log).await),
        (vec![1], vec![1])
    );
    assert_eq!(
        append(&log, about("a")).await,
        Ok(Appended { first: 2, head: 2 })
    );
}

async fn an_event_id_is_unique(database: Database) {
    let log = database.open().await;
    let batch = about("a");
    append(&log, batch.clone()).await.unwrap();
    let again = append(&log, batch).await;
    assert!(matches!(again, Err(AppendError::Refused(_))), "{again:?}");
    assert_eq!(positions(&log).await, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_at_a_time_has_a_sqlite_file_and_it_is_private() {
    use std::os::unix::fs::PermissionsExt;

    let database = Database::sqlite();
    let log = database.open().await;
    append(&log, about("a")).await.unwrap();
    let second = eventlog::Log::open(eventlog::Options::new(&database.url, MIGRATIONS)).await;
    assert!(matches!(second.err(), Some(DbError::InUse(_))));
    let path = std::path::Path::new(database.url.strip_prefix("sqlite:").unwrap());
    for file in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
