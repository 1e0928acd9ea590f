//! The write path: load, decide, append. Nothing else in the product writes events.
//!
//! A command loads state through [`Reading`], decides by pure rules, and answers with changes. They are
//! appended in one commit with the rows that follow from them, and only if all that was read is still as
//! it was; otherwise the command is decided again. Configuration is in every memory before this returns.

use std::collections::BTreeMap;
use std::future::Future;

use domain::cause::Cause;
use domain::event::{self, Change, Event};
use domain::powers::Powers;
use domain::refusal::Refusal;
use domain::value::Timestamp;
use eventlog::{AppendError, Batch, DbError, NewEvent, Statement};
use serde::Serialize;

use crate::app::App;
use crate::delivery::queue;
use crate::read::{self, Placed, Reading};

/// What a decision may know besides what it reads.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The time of the command.
    pub now: Timestamp,
    /// Who or what gives it.
    pub cause: Cause,
    /// The administrative powers of who gives it.
    pub powers: Powers,
}

/// What a command decided.
#[derive(Debug)]
pub struct Decision<T> {
    /// What happens, in order.
    pub changes: Vec<Change>,
    /// Secret and ephemeral rows that are written with it.
    pub rows: Vec<Statement>,
    /// What must hold once all of it is written; otherwise the command is decided again. For what
    /// no version tells: that nothing was added to a set which was read, that a row is still as it was.
    pub guards: Vec<Statement>,
    /// Topics that the commit fires, see [`Batch::wake`].
    pub wake: Vec<String>,
    /// What the caller wants to know.
    pub reply: T,
}

impl<T> Decision<T> {
    /// Only events.
    pub fn new(changes: Vec<Change>, reply: T) -> Self {
        Self {
            changes,
            rows: Vec::new(),
            guards: Vec::new(),
            wake: Vec::new(),
            reply,
        }
    }

    /// With rows besides.
    #[must_use]
    pub fn with_rows(mut self, rows: impl IntoIterator<Item = Statement>) -> Self {
        self.rows.extend(rows);
        self
    }

    /// On these conditions.
    #[must_use]
    pub fn guarded_by(mut self, guards: impl IntoIterator<Item = Statement>) -> Self {
        self.guards.extend(guards);
        self
    }

    /// Telling those who wait for these topics.
    #[must_use]
    pub fn waking(mut self, topics: impl IntoIterator<Item = String>) -> Self {
        self.wake.extend(topics);
        self
    }
}

/// A command: an imperative with all it needs to be decided, except the state.
pub trait Command: Sync {
    /// What the caller learns.
    type Reply: Send;

    /// Reads what it needs and decides. May be called again where somebody else was faster.
    fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> impl Future<Output = Result<Decision<Self::Reply>, Refused>> + Send;
}

/// Why a command did not happen. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// A rule said no.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// The state kept changing under the decision.
    #[error("too many changes at once: try again")]
    Contended,
    /// A row that the command was to change had changed.
    #[error("the row has changed")]
    RowsChanged,
    /// The database failed or is away.
    #[error("the database is unavailable")]
    Store(#[source] DbError),
    /// The database refused a statement: a fault of this program.
    #[error("internal error")]
    Internal(String),
}

impl From<DbError> for Refused {
    fn from(error: DbError) -> Self {
        Self::Store(error)
    }
}

/// How often a command is decided before we give up.
const ATTEMPTS: usize = 8;

/// Decides a command and appends what it decided.
pub async fn execute<C: Command>(
    app: &App,
    command: &C,
    facts: &Facts,
) -> Result<C::Reply, Refused> {
    let mut refused_on = None;
    for _ in 0..ATTEMPTS {
        let mut reading = Reading::new(&app.log);
        let decision = match command.decide(facts, &mut reading).await {
            // What was read one by one may never have been so at one time. A refusal counts if a
            // second look finds the same.
            Err(Refused::Refusal(refusal)) => {
                let versions = Some(reading.into_versions());
                if refused_on == versions {
                    return Err(refusal.into());
                }
                refused_on = versions;
                continue;
            }
            other => other?,
        };
        if decision.changes.is_empty() && decision.rows.is_empty() {
            return Ok(decision.reply);
        }
        let configures = decision
            .changes
            .iter()
            .any(|change| read::is_configuration(&change.event));
        let mut batch = batch(
            app,
            facts,
            reading.into_versions(),
            decision.changes,
            decision.rows,
        )?;
        let guards = batch.rows.len()..;
        batch.rows.extend(decision.guards);
        batch.wake.extend(decision.wake);
        match app.log.append(batch).await {
            Ok(appended) => {
                if configures {
                    app.snapshot.refresh(appended.head).await?;
                }
                return Ok(decision.reply);
            }
            Err(AppendError::Conflict { .. }) => {}
            Err(AppendError::RowsChanged { statement }) if guards.contains(&statement) => {}
            Err(AppendError::Taken { kind, .. }) => return Err(Refusal::Taken(taken(&kind)).into()),
            Err(AppendError::RowsChanged { .. }) => return Err(Refused::RowsChanged),
            Err(AppendError::Refused(reason)) => return Err(Refused::Internal(reason)),
            Err(AppendError::Unavailable(error)) => return Err(Refused::Store(error)),
        }
    }
    Err(Refused::Contended)
}

/// Turns changes into one batch: events as bytes, claims, rows, and the versions they rest on.
fn batch(
    app: &App,
    facts: &Facts,
    mut versions: BTreeMap<String, i64>,
    changes: Vec<Change>,
    rows: Vec<Statement>,
) -> Result<Batch, Refused> {
    let mut batch = Batch::default();
    let mut next = versions.clone();
    for change in changes {
        let subject = change.event.subject().into_string();
        // What was not read does not exist yet: its first event makes it.
        versions.entry(subject.clone()).or_insert(0);
        let version = next.entry(subject.clone()).or_insert(0);
        *version += 1;
        let placed = Placed {
            version: *version,
            time: facts.now,
        };
        let effect = read::project(&change, placed);
        batch.claims.extend(effect.claims);
        batch.rows.extend(effect.rows);
        if let Event::UserErased { user } = &change.event {
            batch.rows.push(eventlog::Log::forget(&user.to_string()));
            batch.rows.extend(queue::forget(*user));
        }
        batch.events.push(NewEvent {
            id: app.new_id(),
            kind: change.event.kind(),
            time: facts.now.micros(),
            class: match change.event.class() {
                event::Class::Record => eventlog::Class::Record,
                event::Class::Activity => eventlog::Class::Activity,
            },
            data: encode(&Stored {
                event: &change.event,
                cause: &facts.cause,
            })?,
            personal: match &change.personal {
                Some((user, personal)) => vec![(user.to_string(), encode(personal)?)],
                None => Vec::new(),
            },
            subject,
        });
    }
    batch.rows.extend(rows);
    batch.expect = versions.into_iter().collect();
    Ok(batch)
}

/// An event as the log stores it: its fields and its cause.
#[derive(Serialize)]
struct Stored<'a> {
    #[serde(flatten)]
    event: &'a Event,
    cause: &'a Cause,
}

fn encode(value: &impl Serialize) -> Result<Vec<u8>, Refused> {
    serde_json::to_vec(value).map_err(|error| Refused::Internal(error.to_string()))
}

/// What a claim's kind is called in an answer.
fn taken(kind: &str) -> &'static str {
    match kind {
        read::users::USERNAME => "username",
        read::users::EMAIL => "e-mail address",
        read::groups::GROUP_NAME => "group name",
        read::streams::STREAM_NAME => "stream name",
        read::apis::IDENTIFIER => "API identifier",
        _ => "name",
    }
}
