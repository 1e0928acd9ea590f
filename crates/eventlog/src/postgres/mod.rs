//! The log on PostgreSQL 15 or later, for one node or many.
//!
//! Each node appends in groups through one connection, whose transaction takes the append lock
//! first: so that positions are in commit order over all nodes. Reads, and batches of rows only,
//! use a small pool.

mod appender;
mod commit;
mod listener;
mod pool;
mod session;
mod settle;
mod tls;
mod value;

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use self::appender::Appender;
use self::commit::commit_rows;
use self::pool::Pool;
use self::session::{PATIENCE, Request, Session, Target, silence};
use self::settle::CLEAN_UP;
use crate::migrate::{self, Migration};
use crate::news::News;
use crate::plan::{Answer, Failure, Job};
use crate::sql::Dialect;
use crate::value::ValueRef;
use crate::{AppendError, Batch, DbError, Row, Value};

/// Batches that may wait for the appender before `append` itself has to wait.
const QUEUE: usize = 4096;
const MIGRATE_LOCK: &str = "SELECT pg_advisory_xact_lock(7305808869231650150)";
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

pub(crate) struct Postgres {
    target: Target,
    pool: Pool,
    jobs: mpsc::Sender<Job>,
    news: Arc<News>,
    listener: JoinHandle<()>,
}

impl Postgres {
    pub(crate) async fn open(
        url: &str,
        migrations: &[Migration],
        readers: usize,
        news: &Arc<News>,
    ) -> Result<Self, DbError> {
        let target = Target::parse(url, news.clone())?;
        migrate(&mut target.connect().await?, migrations).await?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        tokio::spawn(Appender::new(target.clone(), news.clone()).run(queue));
        let listener = tokio::spawn(listener::listen(target.clone(), news.clone()));
        let pool = Pool::new(target.clone(), readers);
        Ok(Self {
            target,
            pool,
            jobs,
            news: news.clone(),
            listener,
        })
    }

    pub(crate) async fn append(&self, batch: Batch) -> Answer {
        if batch.is_rows_only() {
            return self.append_rows(&batch).await;
        }
        let closed = || AppendError::Unavailable(DbError::Unavailable("closed".into()));
        let (reply, answer) = oneshot::channel();
        self.jobs
            .send(Job { batch, reply })
            .await
            .map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    async fn append_rows(&self, batch: &Batch) -> Answer {
        let mut session = self
            .pool
            .session()
            .await
            .map_err(AppendError::Unavailable)?;
        match commit_rows(&self.target, &mut session, batch, self.news.head()).await {
            Ok(mut plan) => plan.answers.remove(0),
            Err(Failure::Batch(_, error)) => Err(error),
            Err(Failure::Database(error)) => Err(AppendError::Unavailable(error)),
        }
    }

    pub(crate) async fn read(
        &self,
        sql: &'static str,
        args: &[Value],
    ) -> Result<Vec<Row>, DbError> {
        let args = args
            .iter()
            .map(Value::checked)
            .collect::<Result<Vec<ValueRef<'_>>, _>>()?;
        let mut session = self.pool.session().await?;
        match query(&mut session, sql, &args).await {
            // It may have been lost while nobody used it.
            Err(DbError::Unavailable(_)) if !session.is_usable() => {
                drop(session);
                query(&mut *self.pool.session().await?, sql, &args).await
            }
            answer => answer,
        }
    }

    pub(crate) async fn read_together(
        &self,
        queries: &[(&'static str, Vec<Value>)],
    ) -> Result<Vec<Vec<Row>>, DbError> {
        let mut args = Vec::with_capacity(queries.len());
        for (_, values) in queries {
            args.push(
                values
                    .iter()
                    .map(Value::checked)
                    .collect::<Result<Vec<_>, _>>()?,
            );
        }
        let mut requests: Vec<Request<'_>> = vec![(SNAPSHOT, &[])];
        requests.extend(
            queries
                .iter()
                .zip(&args)
                .map(|((sql, _), args)| (*sql, args.as_slice())),
        );
        let mut session = self.pool.session().await?;
        session.is_busy = true;
        let replies = timeout(PATIENCE, session.pipeline(&requests)).await;
        let replies = replies.map_err(|_| silence())?;
        session.run("COMMIT").await?;
        session.is_busy = false;
        let replies = replies.map_err(|unprepared| unprepared.error)?;
        replies
            .into_iter()
            .skip(1)
            .map(|reply| Ok(reply?.rows))
            .collect()
    }

    pub(crate) async fn prepare(&self, statements: &[&'static str]) -> Result<(), DbError> {
        let mut session = self.pool.session().await?;
        for sql in statements {
            session.prepare_portable(sql).await?;
        }
        Ok(())
    }
}

async fn query(
    session: &mut Session,
    sql: &'static str,
    args: &[ValueRef<'_>],
) -> Result<Vec<Row>, DbError> {
    let Ok(answer) = timeout(PATIENCE, session.query(sql, args)).await else {
        // Whoever used it next would wait for this answer too.
        session.is_busy = true;
        return Err(silence());
    };
    answer.map(|reply| reply.rows)
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// Brings the schema up to date, one node at a time.
async fn migrate(session: &mut Session, known: &[Migration]) -> Result<(), DbError> {
    session
        .run("SET statement_timeout = 0; SET lock_timeout = 0; BEGIN")
        .await?;
    session.run(MIGRATE_LOCK).await?;
    for statement in Dialect::Postgres.migration(migrate::CREATE_TABLE) {
        session.run(&statement).await?;
    }
    let applied = session.query(migrate::APPLIED, &[]).await?.rows;
    for migration in migrate::pending(known, &applied)? {
        for statement in Dialect::Postgres.migration(migration.sql) {
            session.run(&statement).await?;
        }
        let number = ValueRef::Int(migration.number);
        let record = [
            number,
            ValueRef::Text(migration.name),
            ValueRef::Int(migration.checksum()),
        ];
        session.query(migrate::RECORD, &record).await?;
    }
    session.query(CLEAN_UP, &[]).await?;
    session.run("COMMIT").await
}
