//! The log on an embedded SQLite file.
//!
//! One writer thread commits everything in groups; readers are pooled connections, used inline by
//! whichever task reads (a point read costs less than a hop to another thread). One process at a
//! time: a sidecar file is locked for as long as the database is open.

mod backup;
mod connection;
mod writer;

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use self::connection::Conn;
use self::writer::Writer;
use crate::migrate::{self, Migration};
use crate::news::News;
use crate::plan::{Answer, Job};
use crate::sql::Dialect;
use crate::value::ValueRef;
use crate::{AppendError, Batch, DbError, Row, Seq, Value, statements as sql};

/// Batches that may wait for the writer before `append` itself has to wait.
const QUEUE: usize = 4096;

pub(crate) struct Sqlite {
    path: PathBuf,
    readers: Mutex<Vec<Conn>>,
    idle_readers: usize,
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    _lock: Lock,
}

impl Sqlite {
    /// Opens, migrates, and starts the writer. Blocks on the disk.
    pub(crate) fn open(
        path: &Path,
        migrations: &[Migration],
        idle_readers: usize,
        news: &Arc<News>,
    ) -> Result<Self, DbError> {
        let lock = lock(path)?;
        create(path)?;
        let mut conn = Conn::writer(path)?;
        // What an earlier process wrote without a successful sync becomes durable before it is seen.
        checkpoint(&conn)?;
        migrate(&mut conn, migrations)?;
        news.moved(head(&mut conn)?);
        let (jobs, queue) = mpsc::channel(QUEUE);
        let writer = Writer::new(path.to_owned(), conn, news.clone());
        let thread = std::thread::Builder::new().name("log-writer".into());
        let writer = thread
            .spawn(move || writer.run(queue))
            .map_err(|e| io_error(path, &e))?;
        Ok(Self {
            path: path.to_owned(),
            readers: Mutex::default(),
            idle_readers,
            jobs: Some(jobs),
            writer: Some(writer),
            _lock: lock,
        })
    }

    pub(crate) async fn append(&self, batch: Batch) -> Answer {
        let closed = || AppendError::Unavailable(DbError::Unavailable("closed".into()));
        let (reply, answer) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(closed)?;
        jobs.send(Job { batch, reply })
            .await
            .map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    pub(crate) fn read(&self, sql: &'static str, args: &[Value]) -> Result<Vec<Row>, DbError> {
        let args = args
            .iter()
            .map(Value::checked)
            .collect::<Result<Vec<ValueRef<'_>>, _>>()?;
        self.with_reader(|conn| conn.query(sql, &args))
    }

    pub(crate) fn read_together(
        &self,
        queries: &[(&'static str, Vec<Value>)],
    ) -> Result<Vec<Vec<Row>>, DbError> {
        self.with_reader(|conn| {
            conn.run("BEGIN")?;
            let answers = queries
                .iter()
                .map(|(sql, args)| {
                    let args = args
                        .iter()
                        .map(Value::checked)
                        .collect::<Result<Vec<_>, _>>()?;
                    conn.query(sql, &args)
                })
                .collect();
            conn.run("COMMIT")?;
            answers
        })
    }

    pub(crate) fn prepare(&self, statements: &[&'static str]) -> Result<(), DbError> {
        self.with_reader(|conn| {
            statements
                .iter()
                .try_for_each(|sql| conn.prepare(sql).map(drop))
        })
    }

    pub(crate) fn plan(&self, sql: &str) -> Result<Vec<String>, DbError> {
        self.with_reader(|conn| conn.plan(sql))
    }

    /// Lends a connection; one that failed is not used again.
    fn with_reader<T>(
        &self,
        read: impl FnOnce(&mut Conn) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let idle = self
            .readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut conn = idle.map_or_else(|| Conn::reader(&self.path), Ok)?;
        let answer = read(&mut conn);
        if conn.raw.is_autocommit() {
            let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
            if readers.len() < self.idle_readers {
                readers.push(conn);
            }
        }
        answer
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            // It ends when the queue is empty; the lock is held until then.
            let _ = writer.join();
        }
    }
}

fn head(conn: &mut Conn) -> Result<Seq, DbError> {
    let rows = conn.query(sql::HEAD, &[])?;
    rows.first()
        .ok_or_else(|| DbError::Value("log_head is empty".into()))?
        .int(1)
}

fn checkpoint(conn: &Conn) -> Result<(), DbError> {
    const TRUNCATE: &str = "PRAGMA wal_checkpoint(TRUNCATE)";
    let busy = conn.raw.query_row(TRUNCATE, [], |row| row.get::<_, i64>(0));
    match busy.map_err(|e| connection::classify(TRUNCATE, &e))? {
        0 => Ok(()),
        _ => Err(DbError::Unavailable(
            "the write-ahead log is being read".into(),
        )),
    }
}

fn migrate(conn: &mut Conn, known: &[Migration]) -> Result<(), DbError> {
    for statement in Dialect::Sqlite.migration(migrate::CREATE_TABLE) {
        conn.run(&statement)?;
    }
    let applied = conn.query(migrate::APPLIED, &[])?;
    for migration in migrate::pending(known, &applied)? {
        conn.run("BEGIN IMMEDIATE")?;
        for statement in Dialect::Sqlite.migration(migration.sql) {
            conn.run(&statement)?;
        }
        let number = ValueRef::Int(migration.number);
        let record = [
            number,
            ValueRef::Text(migration.name),
            ValueRef::Int(migration.checksum()),
        ];
        conn.execute(migrate::RECORD, &record)?;
        conn.run("COMMIT")?;
    }
    Ok(())
}

/// Says which process serves the file. It goes with the process.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: a process that is being started has a copy of the file until it runs its own
        // program, and with it the lock.
        let _ = self.0.unlock();
    }
}

fn lock(path: &Path) -> Result<Lock, DbError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let file = private()
        .truncate(false)
        .open(&name)
        .map_err(|e| io_error(&name, &e))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(DbError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(io_error(&name, &error)),
    }
}

/// Makes sure that the file exists, is nobody else's business, and survives a crash as a name.
fn create(path: &Path) -> Result<(), DbError> {
    private()
        .truncate(false)
        .open(path)
        .map_err(|e| io_error(path, &e))?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|e| io_error(folder, &e))
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(0o600);
    options
}

fn io_error(path: &Path, error: &io::Error) -> DbError {
    DbError::Unavailable(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LOG_SCHEMA;

    #[test]
    fn no_statement_of_the_log_scans_a_table() {
        /// One row; one row for each consumer, or for each that works; the page that was just read.
        const SMALL: [&str; 4] = ["SCAN log_head", "SCAN cursors", "SCAN leases", "SCAN e"];
        let folder = pg_harness::TempDir::new().unwrap();
        let schema = [Migration {
            number: 1,
            name: "log",
            sql: LOG_SCHEMA,
        }];
        let db = Sqlite::open(&folder.join("log.db"), &schema, 1, &Arc::default()).unwrap();
        for statement in sql::ALL {
            for step in db.plan(statement).unwrap() {
                let is_scan = step.starts_with("SCAN") && !SMALL.contains(&step.as_str());
                assert!(!is_scan, "{step}: {statement}");
            }
        }
        drop(db);
    }

    #[test]
    fn a_lock_is_given_back_though_somebody_has_a_copy_of_its_file() {
        let folder = pg_harness::TempDir::new().unwrap();
        let path = folder.join("log.db");
        let held = lock(&path).unwrap();
        let copy = held.0.try_clone().unwrap();
        assert!(matches!(lock(&path), Err(DbError::InUse(_))));
        drop(held);
        lock(&path).unwrap();
        drop(copy);
    }
}
