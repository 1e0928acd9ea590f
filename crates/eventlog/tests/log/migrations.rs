//! Migrations go forward only, and what was applied cannot be changed.

use eventlog::{DbError, Log, Migration, Options};

use crate::support::{Database, MIGRATIONS, insert, on_both_databases, things};

on_both_databases!(
    a_new_migration_is_applied_once,
    a_changed_migration_is_refused,
    an_older_program_refuses_a_newer_schema,
    migrations_are_numbered_without_gaps,
    a_failed_migration_leaves_nothing,
    text_is_sorted_by_bytes,
);

const THIRD: Migration = Migration {
    number: 3,
    name: "more",
    sql: "ALTER TABLE things ADD COLUMN more TEXT; -- and a row;\n\
          INSERT INTO things (id, more) VALUES (77, 'a;b');",
};

async fn open(database: &Database, migrations: &[Migration]) -> Result<Log, DbError> {
    Log::open(Options::new(&database.url, migrations)).await
}

async fn a_new_migration_is_applied_once(database: Database) {
    drop(database.open().await);
    for _ in 0..2 {
        let log = open(&database, &[&MIGRATIONS[..], &[THIRD]].concat())
            .await
            .unwrap();
        assert_eq!(things(&log).await, [77]);
        let row = log
            .read_one("SELECT more FROM things", &[])
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.text(0), Ok("a;b"));
    }
}

async fn a_changed_migration_is_refused(database: Database) {
    drop(database.open().await);
    let changed = Migration {
        sql: "CREATE TABLE other (id BIGINT);",
        ..MIGRATIONS[1]
    };
    let error = open(&database, &[MIGRATIONS[0], changed]).await.err();
    let expected = DbError::MigrationChanged {
        number: 2,
        name: "things".into(),
    };
    assert_eq!(error, Some(expected));
}

async fn an_older_program_refuses_a_newer_schema(database: Database) {
    drop(database.open().await);
    let error = open(&database, &MIGRATIONS[..1]).await.err();
    assert_eq!(error, Some(DbError::NewerSchema { found: 2, known: 1 }));
}

async fn migrations_are_numbered_without_gaps(database: Database) {
    let fourth = Migration { number: 4, ..THIRD };
    let error = open(&database, &[&MIGRATIONS[..], &[fourth]].concat())
        .await
        .err();
    assert!(matches!(error, Some(DbError::Value(_))), "{error:?}");
}

async fn a_failed_migration_leaves_nothing(database: Database) {
    drop(database.open().await);
    let broken = "CREATE TABLE half (id BIGINT); INSERT INTO nowhere (id) VALUES (1);";
    let broken = Migration {
        sql: broken,
        ..THIRD
    };
    let error = open(&database, &[&MIGRATIONS[..], &[broken]].concat())
        .await
        .err();
    assert!(
        matches!(error, Some(DbError::Statement { .. })),
        "{error:?}"
    );
    let whole = Migration {
        sql: "CREATE TABLE half (id BIGINT);",
        ..THIRD
    };
    open(&database, &[&MIGRATIONS[..], &[whole]].concat())
        .await
        .unwrap();
}

async fn text_is_sorted_by_bytes(database: Database) {
    let log = database.open().await;
    let names = ["B", "a", "Z", "ä", "_", "b"];
    for (id, name) in (0..).zip(names) {
        let rows = [insert(id), crate::support::rename(id, name)];
        log.append(eventlog::Batch::rows(rows)).await.unwrap();
    }
    let rows = log
        .read("SELECT name FROM things ORDER BY name", &[])
        .await
        .unwrap();
    let found: Vec<_> = rows.iter().map(|row| row.text(0).unwrap()).collect();
    assert_eq!(found, ["B", "Z", "_", "a", "b", "ä"]);
    let sql = "SELECT count(*) FROM things WHERE name >= $1 AND name < $2";
    let range = log
        .read_one(sql, &["a".into(), "c".into()])
        .await
        .unwrap()
        .unwrap();
    assert_eq!(range.int(0), Ok(2));
}
