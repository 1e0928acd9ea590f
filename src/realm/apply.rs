//! A plan as one command: what it read is checked again when it is written, all of it or nothing.

use domain::cause::Cause;
use domain::powers::Powers;
use domain::refusal::Refusal;
use domain::stream::Delivery;
use domain::user::DisableReason;
use domain::value::{EndpointUrl, StreamId};
use shared_signals::stream::AuthorizationHeader;
use uuid::Uuid;

use super::administrators;
use super::applied;
use super::decide::{Decided, Ending, Outside};
use super::file::{File, NewPassword};
use super::plan::{Plan, plan};
use super::problem::Problems;
use super::running::Running;
use crate::app::App;
use crate::command::users::keep_password;
use crate::command::{clients, users};
use crate::execute::{Command, Decision, Facts, Refused, execute};
use crate::read::Reading;
use crate::ssf::endpoint;

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
        let stored = applied::stored(state.log()).await?;
        let last = applied::read(stored.as_deref())?;
        let documents = [&self.file.document, &last];
        let running = Running::load(state, documents, &self.app.master_key).await?;
        let planned = plan(self.file, &last, running.clone(), self.app, facts.now);
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
        let kept = applied::remember(stored.as_deref(), &self.file.document.to_json());
        let mut rows = Vec::from_iter(kept);
        let mut decision = Decision::new(Vec::new(), ());
        for ending in &decided.endings {
            let ended = end(state, ending).await?;
            decision.changes.extend(ended.changes);
            decision.rows.extend(ended.rows);
            decision.guards.extend(ended.guards);
        }
        rows.extend(decision.rows);
        let Decided {
            changes,
            rows: secrets,
            passwords,
            wake,
            ..
        } = decided;
        decision.changes.extend(changes);
        rows.extend(secrets);
        for (user, name) in passwords {
            rows.push(keep_password(user, &self.hashed(&name).await?));
        }
        Ok(Decision::new(decision.changes, Outcome::Applied(plan))
            .with_rows(rows)
            .guarded_by(decision.guards)
            .waking(wake))
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

impl Outside for App {
    fn new_id(&self) -> Uuid {
        App::new_id(self)
    }

    fn check_endpoint(&self, url: &EndpointUrl) -> Result<(), String> {
        self.outbound.check_url(url)
    }

    fn check_delivery(&self, delivery: &Delivery) -> Result<(), String> {
        endpoint::check(self, delivery).map_err(|refusal| refusal.to_string())
    }

    fn seal(&self, stream: StreamId, header: &AuthorizationHeader) -> Vec<u8> {
        endpoint::seal(self, stream, header)
    }
}

/// Ends a user or client, with all that hangs from it.
async fn end(state: &mut Reading<'_>, ending: &Ending) -> Result<Decision<()>, Refused> {
    match ending {
        Ending::Disabled(id) => {
            let user = state.user(*id).await?.ok_or(Refusal::NotFound("user"))?;
            users::disabling(state, &user, DisableReason::Administrative).await
        }
        Ending::User(id) => {
            let user = state.user(*id).await?.ok_or(Refusal::NotFound("user"))?;
            users::deletion(state, &user).await
        }
        Ending::Client(id) => {
            let client = state.client(id).await?.ok_or(Refusal::NotFound("client"))?;
            clients::deletion(state, &client).await
        }
    }
}
