//! The one writer: it takes what is waiting, decides it, and commits it with one sync.
//!
//! Nobody is answered before `COMMIT` has returned. After a failed commit nothing is acknowledged
//! until the database was opened anew and its write-ahead log made durable.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;
use tracing::error;

use super::connection::Conn;
use super::{checkpoint, head};
use crate::group::Group;
use crate::news::News;
use crate::plan::{Answer, Failure, Job, Origin, Plan, Refusals};
use crate::value::ValueRef;
use crate::{DbError, statements as sql};

/// Batches in one transaction.
const GROUP: usize = 256;

pub(super) struct Writer {
    path: PathBuf,
    /// None after a failed commit, until it was opened anew.
    conn: Option<Conn>,
    news: Arc<News>,
}

impl Writer {
    pub(super) fn new(path: PathBuf, conn: Conn, news: Arc<News>) -> Self {
        Self {
            path,
            conn: Some(conn),
            news,
        }
    }

    /// Runs until every sender is gone.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(GROUP);
        while queue.blocking_recv_many(&mut jobs, GROUP) > 0 {
            self.commit_group(&mut jobs);
        }
    }

    /// Commits a group without the batches that are at fault, and answers everyone.
    fn commit_group(&mut self, jobs: &mut Vec<Job>) {
        let mut refusals = Refusals::new(jobs.len());
        let answers = loop {
            let group = refusals.group(jobs.iter().map(|job| &job.batch));
            match self.attempt(group) {
                Ok(answers) => break answers,
                Err(Failure::Batch(index, error)) => refusals.refuse(index, error),
                Err(Failure::Database(error)) => break refusals.failed(&error),
            }
        };
        for (job, answer) in jobs.drain(..).zip(answers) {
            if answer.is_ok() {
                self.news.fire(job.batch.wake.iter().map(String::as_str));
            }
            // Whoever asked may have gone away.
            let _ = job.reply.send(answer);
        }
    }

    fn attempt(&mut self, group: Group<'_>) -> Result<Vec<Answer>, Failure> {
        let mut conn = self.conn.take().map_or_else(|| reopen(&self.path), Ok)?;
        conn.run("BEGIN IMMEDIATE")?;
        match write_group(&mut conn, group) {
            Ok(plan) => {
                // Not put back if this fails: what the file holds is unknown then.
                conn.run("COMMIT")
                    .inspect_err(|error| error!(%error, "a commit has failed"))?;
                self.news.moved(plan.head);
                self.conn = Some(conn);
                Ok(plan.answers)
            }
            Err(failure) => {
                // Some failures have ended the transaction already.
                if !conn.raw.is_autocommit() {
                    conn.run("ROLLBACK")?;
                }
                self.conn = Some(conn);
                Err(failure)
            }
        }
    }
}

/// A new connection to a database whose last commit failed. The system may have dropped pages that
/// it could not write, so the write-ahead log is emptied into the database, and synced, first.
fn reopen(path: &Path) -> Result<Conn, DbError> {
    let conn = Conn::writer(path)?;
    checkpoint(&conn)?;
    Ok(conn)
}

fn write_group<'a>(conn: &mut Conn, mut group: Group<'a>) -> Result<Plan<'a>, Failure> {
    for subject in group.subjects() {
        if let Some(row) = conn
            .query(sql::VERSION, &[ValueRef::Text(subject)])?
            .first()
        {
            group.set_version(subject, row.int(0)?);
        }
    }
    for (kind, key) in group.claims() {
        let args = [ValueRef::Text(kind), ValueRef::Text(key)];
        if let Some(row) = conn.query(sql::HOLDER, &args)?.first() {
            group.set_holder((kind, key), row.text(0)?.to_owned());
        }
    }
    let mut plan = group.plan(head(conn)?);
    let mut refused = None;
    for write in std::mem::take(&mut plan.writes) {
        if refused.is_some() && refused == write.origin.batch() {
            continue;
        }
        let failure = match conn.execute(write.sql, plan.args(&write)) {
            Ok(changed) => match write.check(changed) {
                Ok(()) => continue,
                Err(failure) if changed > 0 => return Err(failure),
                Err(failure) => failure,
            },
            Err(error) => Failure::of(Some(&write), error),
        };
        match (failure, write.origin) {
            // The batch has changed nothing, so the rest of the group can stand.
            (Failure::Batch(batch, error), Origin::Row { is_first: true, .. }) => {
                plan.answers[batch] = Err(error);
                refused = Some(batch);
            }
            (failure, _) => return Err(failure),
        }
    }
    Ok(plan)
}
