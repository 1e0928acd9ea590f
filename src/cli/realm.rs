//! `chancery plan`, `apply` and `serve --realm`: the realm file.
//!
//! Its secrets are those of the machine, and of the environment, that the command is given on: they go
//! with it to the server.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::task::Outcome;
use crate::app::App;
use crate::realm::{self, File, Machine, Mode, Plan, Resolver as _, Source};

/// A realm file with the secrets that it names.
#[derive(Serialize, Deserialize)]
pub(super) struct RealmFile {
    name: String,
    text: String,
    secrets: BTreeMap<String, Result<String, String>>,
}

/// How a plan is shown.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Form {
    /// For people.
    Text,
    /// For people at a terminal.
    Colours,
    /// For machines.
    Json,
}

/// The exit code of a plan that has something to change.
const DIFFERS: u8 = 2;

impl RealmFile {
    /// Reads a file and the secrets that it names.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| name.clone())?;
        let secrets = Mutex::new(BTreeMap::new());
        let machine = Machine::beside(path);
        let resolve = |source: &Source| {
            let found = machine
                .resolve(source)
                .map(|secret| secret.as_str().to_owned());
            let mut secrets = secrets.lock().unwrap_or_else(PoisonError::into_inner);
            secrets.insert(source.to_string(), found.clone());
            found
        };
        // What is wrong with it is said when it is planned.
        File::parse(&name, &text, &resolve);
        let secrets = secrets.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Self {
            name,
            text,
            secrets,
        })
    }

    fn parse(&self) -> File {
        File::parse(&self.name, &self.text, &|source: &Source| {
            let found = self.secrets.get(&source.to_string()).cloned();
            found.unwrap_or_else(|| Err("it was not read".to_owned()))
        })
    }

    /// Plans or applies it.
    pub(super) async fn run(&self, app: &App, mode: Mode, form: Form) -> anyhow::Result<Outcome> {
        let (code, plan) = match realm::run(app, &self.parse(), mode).await? {
            realm::Outcome::Planned(plan) => (if plan.is_empty() { 0 } else { DIFFERS }, plan),
            realm::Outcome::Applied(plan) => (0, plan),
            realm::Outcome::Conflicts(plan) => (1, plan),
            realm::Outcome::Invalid(problems) => anyhow::bail!("the file is wrong:\n{problems}"),
        };
        Ok(Outcome {
            code,
            text: shown(&plan, form),
        })
    }

    /// Applies it at the start of a server. What somebody edited since stays as it is: a restart is not
    /// the time to overrule them, nor to stop serving.
    pub(super) async fn start_with(&self, app: &App) -> anyhow::Result<()> {
        match realm::run(app, &self.parse(), Mode::Apply).await? {
            realm::Outcome::Invalid(problems) => anyhow::bail!("the file is wrong:\n{problems}"),
            realm::Outcome::Conflicts(plan) => {
                let plan = plan.text(false).to_string();
                tracing::warn!(
                    file = self.name,
                    plan,
                    "the realm was edited since: not applied"
                );
            }
            realm::Outcome::Applied(plan) | realm::Outcome::Planned(plan) => {
                tracing::info!(
                    file = self.name,
                    steps = plan.steps.len(),
                    "the realm is as declared"
                );
            }
        }
        Ok(())
    }
}

fn shown(plan: &Plan, form: Form) -> String {
    match form {
        Form::Text => plan.text(false).to_string(),
        Form::Colours => plan.text(true).to_string(),
        Form::Json => format!("{:#}\n", plan.to_json()),
    }
}
