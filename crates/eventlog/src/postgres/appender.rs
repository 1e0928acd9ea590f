//! The one who appends for this node: it takes what is waiting and commits it as a group.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::commit::commit_ordered;
use super::session::{Session, Target};
use crate::news::News;
use crate::plan::{Answer, Failure, Job, Refusals};
use crate::{Batch, DbError};

/// Batches in one transaction.
const GROUP: usize = 256;

pub(super) struct Appender {
    target: Target,
    session: Option<Session>,
    news: Arc<News>,
}

impl Appender {
    pub(super) fn new(target: Target, news: Arc<News>) -> Self {
        Self {
            target,
            session: None,
            news,
        }
    }

    /// Runs until every sender is gone.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(GROUP);
        while queue.recv_many(&mut jobs, GROUP).await > 0 {
            let batches: Vec<&Batch> = jobs.iter().map(|job| &job.batch).collect();
            let answers = self.commit_group(&batches).await;
            for (job, answer) in jobs.drain(..).zip(answers) {
                // Whoever asked may have gone away.
                let _ = job.reply.send(answer);
            }
        }
    }

    /// Commits a group without the batches that are at fault.
    async fn commit_group(&mut self, batches: &[&Batch]) -> Vec<Answer> {
        let mut refusals = Refusals::new(batches.len());
        loop {
            let mut session = match self.session().await {
                Ok(session) => session,
                Err(error) => return refusals.failed(&error),
            };
            let group = refusals.group(batches.iter().copied());
            let committed = commit_ordered(&self.target, &mut session, group, batches).await;
            self.session = Some(session);
            match committed {
                Ok(plan) => {
                    self.news.moved(plan.head);
                    return plan.answers;
                }
                Err(Failure::Batch(index, error)) => refusals.refuse(index, error),
                Err(Failure::Database(error)) => return refusals.failed(&error),
            }
        }
    }

    async fn session(&mut self) -> Result<Session, DbError> {
        match self.session.take().filter(Session::is_usable) {
            Some(session) => Ok(session),
            None => self.target.connect().await,
        }
    }
}
