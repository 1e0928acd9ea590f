//! The log as the application sees it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::migrate::Migration;
use crate::news::News;
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;

use crate::{
    AppendError, Appended, Batch, DbError, Row, Seq, Statement, Topic, Value, statements as sql,
};

/// Where the log is, and what its schema has to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite:PATH`, or a path; `postgres://..`.
    pub url: String,
    /// The log's own [`LOG_SCHEMA`](crate::LOG_SCHEMA) first, then the application's.
    pub migrations: Vec<Migration>,
    /// Connections that are kept for reading.
    pub readers: usize,
}

impl Options {
    /// Options with a few readers.
    pub fn new(url: impl Into<String>, migrations: impl Into<Vec<Migration>>) -> Self {
        Self {
            url: url.into(),
            migrations: migrations.into(),
            readers: 8,
        }
    }
}

/// A durable log with the rows that belong to it. Cheap to clone; closed with its last clone.
#[derive(Clone)]
pub struct Log {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) news: Arc<News>,
}

pub(crate) enum Db {
    Sqlite(Arc<Sqlite>),
    Postgres(Box<Postgres>),
}

impl Log {
    /// Connects and migrates. A log that ends before one of its cursors has lost its tail: it
    /// begins a new epoch, and those cursors are set back to its end.
    pub async fn open(options: Options) -> Result<Self, DbError> {
        let Options {
            url,
            migrations,
            readers,
        } = options;
        let news = Arc::new(News::default());
        let db = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Db::Postgres(Box::new(
                Postgres::open(&url, &migrations, readers, &news).await?,
            ))
        } else if url.contains("://") {
            return Err(DbError::Url("neither a SQLite file nor postgres://".into()));
        } else {
            let path = PathBuf::from(url.strip_prefix("sqlite:").unwrap_or(&url));
            let news = news.clone();
            let open = move || Sqlite::open(&path, &migrations, readers, &news);
            Db::Sqlite(Arc::new(blocking(open).await?))
        };
        let log = Self {
            inner: Arc::new(Inner { db, news }),
        };
        log.head().await?;
        if !log.read(sql::CURSORS_AHEAD, &[]).await?.is_empty() {
            log.begin_epoch().await?;
        }
        Ok(log)
    }

    /// Commits a batch, together with others that are waiting, and returns when it is durable.
    ///
    /// A batch without events, claims and expectations is put in no order with the log: on
    /// PostgreSQL it does not wait for the append lock.
    pub async fn append(&self, batch: Batch) -> Result<Appended, AppendError> {
        batch
            .check()
            .map_err(|error| AppendError::Refused(error.to_string()))?;
        match &self.inner.db {
            Db::Sqlite(db) => db.append(batch).await,
            Db::Postgres(db) => Box::pin(db.append(batch)).await,
        }
    }

    /// Reads a few rows. On SQLite this runs in the calling task: use [`Log::scan`] for many.
    pub async fn read(&self, sql: &'static str, args: &[Value]) -> Result<Vec<Row>, DbError> {
        match &self.inner.db {
            Db::Sqlite(db) => db.read(sql, args),
            // Boxed, since every future that reads would be larger by it.
            Db::Postgres(db) => Box::pin(db.read(sql, args)).await,
        }
    }

    /// The first row of an answer.
    pub async fn read_one(
        &self,
        sql: &'static str,
        args: &[Value],
    ) -> Result<Option<Row>, DbError> {
        Ok(self.read(sql, args).await?.into_iter().next())
    }

    /// Several reads of one and the same state.
    pub async fn read_together(
        &self,
        queries: &[(&'static str, Vec<Value>)],
    ) -> Result<Vec<Vec<Row>>, DbError> {
        match &self.inner.db {
            Db::Sqlite(db) => db.read_together(queries),
            Db::Postgres(db) => db.read_together(queries).await,
        }
    }

    /// Reads a page of many rows, on SQLite on a thread of its own. Keep the pages short: as long
    /// as one is being read, the write-ahead log cannot be emptied.
    pub async fn scan(&self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>, DbError> {
        match &self.inner.db {
            Db::Sqlite(db) => {
                let db = db.clone();
                blocking(move || db.read(sql, &args)).await
            }
            Db::Postgres(db) => db.read(sql, &args).await,
        }
    }

    /// Prepares every statement of the log and all of `statements`, so that a test can tell
    /// whether both databases understand them.
    pub async fn prepare_all(&self, statements: &[&'static str]) -> Result<(), DbError> {
        let all = [sql::ALL, statements].concat();
        match &self.inner.db {
            Db::Sqlite(db) => db.prepare(&all),
            Db::Postgres(db) => db.prepare(&all).await,
        }
    }

    /// How SQLite would go about a statement, a step a line, so that a test can tell whether an
    /// index is missing.
    pub fn query_plan(&self, sql: &str) -> Result<Vec<String>, DbError> {
        match &self.inner.db {
            Db::Sqlite(db) => db.plan(sql),
            Db::Postgres(_) => Err(DbError::Unsupported("plans depend on the data here")),
        }
    }

    /// Which history the positions belong to: a position of another epoch means nothing here.
    pub fn epoch(&self) -> i64 {
        self.inner.news.epoch()
    }

    /// Begins a new epoch: to be called after a restore, before anyone reads on. Cursors that are
    /// ahead of the log are set back to its end. Returns the epoch.
    pub async fn begin_epoch(&self) -> Result<i64, DbError> {
        let rows = [
            Statement::new(sql::BEGIN_EPOCH, []).exactly(1),
            Statement::new(sql::SET_CURSORS_BACK, []),
        ];
        self.append(Batch::rows(rows))
            .await
            .map_err(AppendError::into_db)?;
        self.head().await?;
        Ok(self.epoch())
    }

    /// Where the log ends.
    pub async fn head(&self) -> Result<Seq, DbError> {
        let empty = || DbError::Value("log_head is empty".into());
        let row = self.read_one(sql::HEAD, &[]).await?.ok_or_else(empty)?;
        let (epoch, seq) = (row.int(0)?, row.int(1)?);
        self.inner.news.read(epoch, seq);
        Ok(seq)
    }

    /// Copies everything committed so far to a new file. PostgreSQL has tools of its own for that.
    pub async fn backup(&self, to: &Path) -> Result<(), DbError> {
        match &self.inner.db {
            Db::Sqlite(db) => {
                let (db, to) = (db.clone(), to.to_owned());
                blocking(move || db.backup(&to)).await
            }
            Db::Postgres(_) => Err(DbError::Unsupported("use pg_dump or pg_basebackup")),
        }
    }

    /// Subscribes to a topic, see [`Batch::wake`].
    pub fn topic(&self, name: &str) -> Topic {
        self.inner.news.topic(name)
    }
}

/// Runs what blocks on a thread of its own.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DbError> + Send + 'static,
) -> Result<T, DbError> {
    let lost = |error: tokio::task::JoinError| DbError::Unavailable(error.to_string());
    tokio::task::spawn_blocking(work).await.map_err(lost)?
}
