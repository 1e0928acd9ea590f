//! What a group of batches comes to: answers, writes, and who is to blame if one of them fails.

use std::ops::Range;

use tokio::sync::oneshot;

use crate::group::Group;
use crate::value::ValueRef;
use crate::{AppendError, Appended, Batch, DbError, Rows, Seq};

/// What became of one batch of a group.
pub(crate) type Answer = Result<Appended, AppendError>;

/// A batch, and who waits for its answer.
pub(crate) struct Job {
    pub(crate) batch: Batch,
    pub(crate) reply: oneshot::Sender<Answer>,
}

/// What is to be written, in order.
pub(crate) struct Plan<'a> {
    /// By batch, as they are if this is committed.
    pub(crate) answers: Vec<Answer>,
    pub(crate) writes: Vec<Write>,
    args: Vec<ValueRef<'a>>,
    /// Where the log ends when this is committed.
    pub(crate) head: Seq,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(batches: usize, head: Seq) -> Self {
        Self {
            answers: Vec::with_capacity(batches),
            writes: Vec::with_capacity(batches * 2 + 2),
            args: Vec::with_capacity(batches * 12),
            head,
        }
    }

    pub(crate) fn args(&self, write: &Write) -> &[ValueRef<'a>] {
        &self.args[write.args.clone()]
    }

    pub(crate) fn write(
        &mut self,
        origin: Origin,
        sql: &'static str,
        args: impl IntoIterator<Item = ValueRef<'a>>,
    ) {
        self.conditional(origin, sql, args, Rows::Any);
    }

    pub(crate) fn conditional(
        &mut self,
        origin: Origin,
        sql: &'static str,
        args: impl IntoIterator<Item = ValueRef<'a>>,
        rows: Rows,
    ) {
        let start = self.args.len();
        self.args.extend(args);
        self.writes.push(Write {
            sql,
            args: start..self.args.len(),
            rows,
            origin,
        });
    }
}

/// One statement of a plan.
pub(crate) struct Write {
    pub(crate) sql: &'static str,
    args: Range<usize>,
    rows: Rows,
    pub(crate) origin: Origin,
}

impl Write {
    /// Whether the write did what it had to, given the number of rows it changed.
    pub(crate) fn check(&self, changed: u64) -> Result<(), Failure> {
        match (self.rows, self.origin) {
            (
                Rows::Exactly(wanted),
                Origin::Row {
                    batch, statement, ..
                },
            ) if wanted != changed => Err(Failure::Batch(
                batch,
                AppendError::RowsChanged { statement },
            )),
            _ => Ok(()),
        }
    }
}

/// Who is to blame if a write fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The log's own bookkeeping.
    Log,
    /// The events or claims of a batch.
    Batch(usize),
    /// A row statement of a batch; `is_first` if nothing of the batch was written before it.
    Row {
        batch: usize,
        statement: usize,
        is_first: bool,
    },
}

impl Origin {
    pub(crate) fn batch(self) -> Option<usize> {
        match self {
            Self::Log => None,
            Self::Batch(batch) | Self::Row { batch, .. } => Some(batch),
        }
    }
}

/// Why a group was rolled back.
#[derive(Debug)]
pub(crate) enum Failure {
    /// One batch is at fault: the rest can be tried again without it.
    Batch(usize, AppendError),
    /// The database is.
    Database(DbError),
}

impl Failure {
    /// The failure of a write, if it was one, that ended in `error`.
    pub(crate) fn of(write: Option<&Write>, error: DbError) -> Self {
        match (error, write.and_then(|write| write.origin.batch())) {
            (DbError::Statement { message, .. }, Some(batch)) => {
                Self::Batch(batch, AppendError::Refused(message))
            }
            (error, _) => Self::Database(error),
        }
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

/// The batches of a group that were refused, over all attempts to commit it.
pub(crate) struct Refusals(Vec<Option<AppendError>>);

impl Refusals {
    pub(crate) fn new(batches: usize) -> Self {
        Self(vec![None; batches])
    }

    pub(crate) fn refuse(&mut self, batch: usize, error: AppendError) {
        self.0[batch] = Some(error);
    }

    /// The group of the next attempt.
    pub(crate) fn group<'a>(&self, batches: impl Iterator<Item = &'a Batch>) -> Group<'a> {
        let both = self.0.iter().cloned().zip(batches);
        Group::new(
            both.map(|(refused, batch)| refused.map_or(Ok(batch), Err))
                .collect(),
        )
    }

    /// The answers if the database failed.
    pub(crate) fn failed(self, error: &DbError) -> Vec<Answer> {
        let failed = || AppendError::Unavailable(error.clone());
        self.0
            .into_iter()
            .map(|refused| Err(refused.unwrap_or_else(failed)))
            .collect()
    }
}
