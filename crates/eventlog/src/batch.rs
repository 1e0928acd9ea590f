//! What is committed together, and why it may be refused.

use crate::value::refuse_nul;
use crate::{DbError, NewEvent, Seq, Value, Version};

/// The longest topic, in bytes.
const TOPIC: usize = 512;

/// How many rows a statement has to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// As many as it does.
    Any,
    /// This many, or the whole batch is refused.
    Exactly(u64),
}

/// One SQL statement of the portable subset, with `$1` placeholders. It must not return rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text.
    pub sql: &'static str,
    /// The values of `$1` and on.
    pub args: Vec<Value>,
    /// How many rows it has to change.
    pub rows: Rows,
}

impl Statement {
    /// A statement that may change any number of rows.
    pub fn new(sql: &'static str, args: impl Into<Vec<Value>>) -> Self {
        Self {
            sql,
            args: args.into(),
            rows: Rows::Any,
        }
    }

    /// This statement, on condition that it changes `n` rows. In a batch of rows only, put the
    /// condition first: then its refusal costs the other batches of the group nothing.
    #[must_use]
    pub fn exactly(self, n: u64) -> Self {
        Self {
            rows: Rows::Exactly(n),
            ..self
        }
    }
}

/// Uniqueness and single use: a (kind, key) that at most one holder has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Refused if the key is taken, even by the same holder.
    Take {
        /// The kind of key.
        kind: &'static str,
        /// What is unique within the kind.
        key: String,
        /// Who has it from now on.
        holder: String,
    },
    /// Frees a key, whoever holds it.
    Release {
        /// The kind of key.
        kind: &'static str,
        /// What is unique within the kind.
        key: String,
    },
    /// Frees everything that a holder holds.
    ReleaseHeldBy {
        /// Who held it.
        holder: String,
    },
}

/// What is committed together: all of it or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// The version of every subject that the decision read (0: it does not exist).
    pub expect: Vec<(String, Version)>,
    /// Applied in order.
    pub claims: Vec<Claim>,
    /// Numbered in order.
    pub events: Vec<NewEvent>,
    /// Executed in order, after the events.
    pub rows: Vec<Statement>,
    /// Topics that are fired by the commit, on every node; at most 512 bytes each.
    pub wake: Vec<String>,
}

impl Batch {
    /// A batch that only changes rows.
    pub fn rows(rows: impl Into<Vec<Statement>>) -> Self {
        Self {
            rows: rows.into(),
            ..Self::default()
        }
    }

    /// Whether it touches nothing that the writer of the log has to put in order.
    pub(crate) fn is_rows_only(&self) -> bool {
        self.expect.is_empty() && self.claims.is_empty() && self.events.is_empty()
    }

    /// Refuses what one of the databases could not store.
    pub(crate) fn check(&self) -> Result<(), DbError> {
        self.expect
            .iter()
            .try_for_each(|(subject, _)| refuse_nul(subject))?;
        for claim in &self.claims {
            match claim {
                Claim::Take { key, holder, .. } => refuse_nul(key).and(refuse_nul(holder))?,
                Claim::Release { key, .. } => refuse_nul(key)?,
                Claim::ReleaseHeldBy { holder } => refuse_nul(holder)?,
            }
        }
        for event in &self.events {
            refuse_nul(&event.subject)?;
            event
                .personal
                .iter()
                .try_for_each(|(person, _)| refuse_nul(person))?;
        }
        for value in self.rows.iter().flat_map(|statement| &statement.args) {
            if let Value::Text(text) = value {
                refuse_nul(text)?;
            }
        }
        match self.wake.iter().find(|topic| topic.len() > TOPIC) {
            Some(topic) => Err(DbError::Value(format!("topic of {} bytes", topic.len()))),
            None => self.wake.iter().try_for_each(|topic| refuse_nul(topic)),
        }
    }
}

/// The place that a batch was given. It is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The position of the batch's first event; `head` if it has none.
    pub first: Seq,
    /// The position of the batch's last event; without events, a head that this node has seen.
    pub head: Seq,
}

/// Why nothing of a batch was committed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A subject has moved since it was read: load and decide again.
    #[error("{subject} has moved")]
    Conflict {
        /// The first such subject.
        subject: String,
    },
    /// A claim is taken.
    #[error("{kind} {key:?} is taken")]
    Taken {
        /// The kind of key.
        kind: String,
        /// What is unique within the kind.
        key: String,
        /// Who has it.
        holder: String,
    },
    /// A conditional statement would have changed another number of rows than it had to.
    #[error("statement {statement} did not change the rows it had to")]
    RowsChanged {
        /// Its index in the batch's `rows`.
        statement: usize,
    },
    /// The database refuses this batch, and only this one: a fault in the caller.
    #[error("refused: {0}")]
    Refused(String),
    /// Nothing is known to be committed; the caller may load and decide again.
    #[error(transparent)]
    Unavailable(DbError),
}

impl AppendError {
    /// For batches of the log itself, which only a database that fails refuses.
    pub(crate) fn into_db(self) -> DbError {
        match self {
            Self::Unavailable(error) => error,
            other => DbError::Value(other.to_string()),
        }
    }
}
