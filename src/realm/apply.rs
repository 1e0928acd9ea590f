//! A plan as one command: what it read is checked again when it is written, all of it or nothing.

use domain::cause::Cause;
use domain::event::Change;
use domain::grant::RevokeReason;
use domain::powers::Powers;
use domain::refusal::Refusal;
use domain::session::EndReason;
use domain::value::{ClientId, UserId};
use domain::{client, group, user};
use eventlog::{Log, Statement, Value};

use super::administrators;
use super::decide::{Decided, Ending};
use super::document::Document;
use super::file::{File, NewPassword};
use super::plan::{Plan, plan};
use super::problem::Problems;
use super::running::Running;
use crate::app::App;
use crate::command::clients::forget_secret;
use crate::command::ending::{end_grants_of, end_grants_to, end_sessions_of};
use crate::command::users::{forget_password, forget_sessions, keep_password};
use crate::execute::{Command, Decision, Facts, Refused, execute};
use crate::read::Reading;

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only say what would happen.
    Plan,
    /// Do it, unless somebody else's decisions would be undone.
    Apply,
    /// Do it.
    Force,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// What would happen; nothing was written.
    Planned(Plan),
    /// What happened; an empty plan where the realm was so already.
    Applied(Plan),
    /// Somebody else's decisions would be undone, so nothing was written.
    Conflicts(Plan),
    /// The file is wrong; nothing was written.
    Invalid(Problems),
}

/// How often we begin again where another node applied a file at the same time.
const ATTEMPTS: usize = 4;

/// Plans or applies a file, as the operator of the machine.
pub async fn run(app: &App, file: &File, mode: Mode) -> Result<Outcome, Refused> {
    let command = Apply { app, file, mode };
    let facts = Facts {
        now: app.now(),
        cause: Cause::operator(),
        powers: Powers::All,
    };
    for _ in 1..ATTEMPTS {
        match execute(app, &command, &facts).await {
            // Another node was faster: what it made is there now.
            Err(Refused::RowsChanged | Refused::Refusal(Refusal::Taken(_))) => {}
            outcome => return outcome,
        }
    }
    execute(app, &command, &facts).await
}

struct Apply<'a> {
    app: &'a App,
    file: &'a File,
    mode: Mode,
}

impl Command for Apply<'_> {
    type Reply = Outcome;

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<Outcome>, Refused> {
        let stored = stored(state.log()).await?;
        let last = match &stored {
            Some(text) => Document::from_json(text)
                .map_err(|error| Refused::Internal(format!("applied_realm: {error}")))?,
            None => Document::default(),
        };
        let running = Running::load(state, [&self.file.document, &last]).await?;
        let mut new_id = || self.app.new_id();
        let planned = plan(self.file, &last, running.clone(), &mut new_id, facts.now);
        let (plan, decided) = match planned {
            Ok(planned) => planned,
            Err(problems) => return Ok(Decision::new(Vec::new(), Outcome::Invalid(problems))),
        };
        administrators::keep(state, &running, &decided.after).await?;
        match self.mode {
            Mode::Plan => return Ok(Decision::new(Vec::new(), Outcome::Planned(plan))),
            Mode::Apply if plan.conflicts() > 0 => {
                return Ok(Decision::new(Vec::new(), Outcome::Conflicts(plan)));
            }
            Mode::Apply | Mode::Force => {}
        }
        let mut rows = remember(stored.as_deref(), &self.file.document.to_json());
        let mut changes = Vec::new();
        for ending in &decided.endings {
            end(state, ending, &mut changes, &mut rows).await?;
        }
        let Decided {
            changes: decided_changes,
            rows: secrets,
            passwords,
            ..
        } = decided;
        changes.extend(decided_changes);
        rows.extend(secrets);
        for (user, name) in passwords {
            rows.push(keep_password(user, &self.hashed(&name).await?));
        }
        Ok(Decision::new(changes, Outcome::Applied(plan)).with_rows(rows))
    }
}

impl Apply<'_> {
    /// The hash of a user's first password.
    async fn hashed(&self, username: &str) -> Result<String, Refused> {
        match self
            .file
            .passwords
            .get(username)
            .map(|password| &password.value)
        {
            Some(NewPassword::Hash(phc)) => Ok(phc.clone()),
            Some(NewPassword::Plain(password)) => {
                let hash = self.app.passwords.hash(password, &*self.app.rng).await;
                hash.map_err(|_| Refused::Contended)
            }
            None => Err(Refused::Internal(format!(
                "{username} has no password to set"
            ))),
        }
    }
}

/// Ends what hangs from a user or client, and the user or client itself.
async fn end(
    state: &mut Reading<'_>,
    ending: &Ending,
    changes: &mut Vec<Change>,
    rows: &mut Vec<Statement>,
) -> Result<(), Refused> {
    match ending {
        Ending::Disabled(id) => {
            changes.extend(end_sessions_of(state, *id, None, EndReason::UserDisabled).await?);
            changes.extend(end_grants_of(state, *id, RevokeReason::UserDisabled).await?);
            rows.push(forget_sessions(*id));
        }
        Ending::User(id) => delete_user(state, *id, changes, rows).await?,
        Ending::Client(id) => delete_client(state, id, changes, rows).await?,
    }
    Ok(())
}

async fn delete_user(
    state: &mut Reading<'_>,
    id: UserId,
    changes: &mut Vec<Change>,
    rows: &mut Vec<Statement>,
) -> Result<(), Refused> {
    let Some(found) = state.user(id).await? else {
        return Ok(());
    };
    changes.extend(end_sessions_of(state, id, None, EndReason::UserDeleted).await?);
    changes.extend(end_grants_of(state, id, RevokeReason::UserDeleted).await?);
    for membership in state.memberships_of(id).await? {
        changes.extend(group::remove_member(&membership));
    }
    changes.extend(user::delete(&found));
    rows.extend([forget_sessions(id), forget_password(id)]);
    Ok(())
}

async fn delete_client(
    state: &mut Reading<'_>,
    id: &ClientId,
    changes: &mut Vec<Change>,
    rows: &mut Vec<Statement>,
) -> Result<(), Refused> {
    let Some(found) = state.client(id).await? else {
        return Ok(());
    };
    changes.extend(end_grants_to(state, id, RevokeReason::ClientDeleted).await?);
    changes.extend(client::delete(&found));
    rows.extend(found.secrets.iter().copied().map(forget_secret));
    Ok(())
}

/// The document that was applied last.
async fn stored(log: &Log) -> Result<Option<String>, Refused> {
    let row = log
        .read_one("SELECT document FROM applied_realm WHERE id = 1", &[])
        .await?;
    Ok(row.map(|row| row.text(0).map(str::to_owned)).transpose()?)
}

/// Keeps the document for the next merge, on condition that nobody else did since it was read.
fn remember(stored: Option<&str>, document: &str) -> Vec<Statement> {
    let row = match stored {
        Some(stored) if stored == document => return Vec::new(),
        Some(stored) => Statement::new(
            "UPDATE applied_realm SET document = $1 WHERE id = 1 AND document = $2",
            [Value::from(document), stored.into()],
        ),
        None => Statement::new(
            "INSERT INTO applied_realm (id, document) VALUES (1, $1) ON CONFLICT (id) DO NOTHING",
            [Value::from(document)],
        ),
    };
    vec![row.exactly(1)]
}
