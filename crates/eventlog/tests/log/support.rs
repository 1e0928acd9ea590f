//! A fresh database for each test, on either engine, and short words for batches.

use eventlog::{
    AppendError, Appended, Batch, Claim, Class, LOG_SCHEMA, Log, Migration, NewEvent, Options,
    Statement, Value,
};
use pg_harness::TempDir;
use uuid::Uuid;

/// Makes a test of each function, on each database.
macro_rules! on_both_databases {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::$test(crate::support::Database::sqlite()).await;
                }
            )*
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    if let Some(database) = crate::support::Database::postgres() {
                        super::$test(database).await;
                    }
                }
            )*
        }
    };
}
pub(crate) use on_both_databases;

pub(crate) const MIGRATIONS: [Migration; 2] = [
    Migration {
        number: 1,
        name: "log",
        sql: LOG_SCHEMA,
    },
    Migration {
        number: 2,
        name: "things",
        sql: "CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT, blob BLOB, seq BIGINT);",
    },
];

/// A database of one test.
pub(crate) struct Database {
    pub(crate) url: String,
    folder: Option<TempDir>,
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.join("log.db").display());
        Self {
            url,
            folder: Some(folder),
        }
    }

    pub(crate) fn postgres() -> Option<Self> {
        let server = pg_harness::shared()?;
        Some(Self {
            url: server.database(),
            folder: None,
        })
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.folder.is_some()
    }

    pub(crate) async fn open(&self) -> Log {
        Log::open(Options::new(&self.url, MIGRATIONS))
            .await
            .unwrap()
    }
}

pub(crate) fn event(subject: &str) -> NewEvent {
    NewEvent {
        id: Uuid::new_v4(),
        kind: "thing.done",
        subject: subject.into(),
        time: 1_700_000_000_000_000,
        class: Class::Record,
        data: b"{}".to_vec(),
        personal: Vec::new(),
    }
}

pub(crate) fn activity(subject: &str) -> NewEvent {
    NewEvent {
        class: Class::Activity,
        ..event(subject)
    }
}

/// One event about a subject, whatever its version.
pub(crate) fn about(subject: &str) -> Batch {
    Batch {
        events: vec![event(subject)],
        ..Batch::default()
    }
}

pub(crate) fn take(key: &str, holder: &str) -> Claim {
    Claim::Take {
        kind: "name",
        key: key.into(),
        holder: holder.into(),
    }
}

pub(crate) fn insert(id: i64) -> Statement {
    Statement::new(
        "INSERT INTO things (id, seq) VALUES ($1, $2)",
        [Value::Int(id), Value::Seq],
    )
}

pub(crate) fn rename(id: i64, name: &str) -> Statement {
    Statement::new(
        "UPDATE things SET name = $2 WHERE id = $1",
        [id.into(), name.into()],
    )
}

pub(crate) async fn append(log: &Log, batch: Batch) -> Result<Appended, AppendError> {
    log.append(batch).await
}

/// The ids of all things, in order.
pub(crate) async fn things(log: &Log) -> Vec<i64> {
    let rows = log
        .read("SELECT id FROM things ORDER BY id", &[])
        .await
        .unwrap();
    rows.iter().map(|row| row.int(0).unwrap()).collect()
}

/// The positions of all events.
pub(crate) async fn positions(log: &Log) -> Vec<i64> {
    let page = log.after(0, usize::MAX).await.unwrap();
    page.events.iter().map(|event| event.seq).collect()
}
