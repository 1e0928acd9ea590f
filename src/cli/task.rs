//! What an operator can have done, by a running server or without one.

use std::fmt::{Display, Write as _};
use std::fs;
use std::path::{Path, PathBuf};

use domain::value::SigningAlg;
use serde::{Deserialize, Serialize};

use super::realm::{Form, RealmFile};
use super::streams::Order;
use crate::app::App;
use crate::bootstrap::{first_admin, operator};
use crate::execute::execute;
use crate::keys::ring::{self, Rotate};
use crate::realm::Mode;
use crate::verify::verify;

/// A command for the realm. It may hold secrets, so it is not printed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Task {
    /// Compares the state with the log.
    Verify,
    /// Publishes a new key of an algorithm, or of each.
    RotateKeys {
        /// The algorithm.
        alg: Option<SigningAlg>,
    },
    /// Makes a one-time link for a new administrator.
    RecoverAdministrator,
    /// Something about streams.
    Streams(Order),
    /// Copies the database.
    Backup {
        /// The new file, an absolute path.
        file: PathBuf,
    },
    /// Says what applying a realm file would do.
    Plan {
        /// The file.
        file: RealmFile,
        /// How it is said.
        form: Form,
    },
    /// Applies a realm file.
    Apply {
        /// The file.
        file: RealmFile,
        /// Even if that undoes what somebody else decided.
        force: bool,
        /// How it is said what was done.
        form: Form,
    },
}

/// How it went, for a terminal.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// The exit code; 1 is a failure.
    pub(super) code: u8,
    /// Whole lines.
    pub(super) text: String,
}

impl Outcome {
    /// Something that did not happen, and why.
    pub(super) fn failure(why: impl Display) -> Self {
        Self {
            code: 1,
            text: format!("chancery: {why}\n"),
        }
    }
}

impl Task {
    /// Its name in the log.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::RotateKeys { .. } => "key rotate",
            Self::RecoverAdministrator => "admin recover",
            Self::Streams(_) => "streams",
            Self::Backup { .. } => "backup",
            Self::Plan { .. } => "plan",
            Self::Apply { .. } => "apply",
        }
    }

    /// Does it.
    pub(super) async fn run(&self, app: &App) -> Outcome {
        let done = match self {
            Self::Verify => run_verify(app).await,
            Self::RotateKeys { alg } => rotate(app, *alg).await,
            Self::RecoverAdministrator => recover(app).await,
            Self::Streams(order) => order.run(app).await.map(done),
            Self::Backup { file } => backup(app, file).await,
            Self::Plan { file, form } => file.run(app, Mode::Plan, *form).await,
            Self::Apply { file, force, form } => {
                let mode = if *force { Mode::Force } else { Mode::Apply };
                file.run(app, mode, *form).await
            }
        };
        done.unwrap_or_else(|error| Outcome::failure(format_args!("{error:#}")))
    }
}

fn done(text: String) -> Outcome {
    Outcome { code: 0, text }
}

async fn run_verify(app: &App) -> anyhow::Result<Outcome> {
    let scratch = app
        .config
        .data_dir
        .join(format!("verify-{}", app.new_id().simple()));
    fs::create_dir(&scratch)?;
    let report = verify(&app.log, &scratch).await;
    fs::remove_dir_all(&scratch)?;
    let report = report?;
    let compared = format!("{} events, {} rows", report.events, report.rows);
    if report.differences.is_empty() {
        return Ok(done(format!(
            "The state is what the log says: {compared}.\n"
        )));
    }
    let differences = report.differences.join("\n");
    anyhow::bail!("the state is not what the log says ({compared}):\n{differences}")
}

async fn rotate(app: &App, alg: Option<SigningAlg>) -> anyhow::Result<Outcome> {
    let algs = alg.as_ref().map_or(SigningAlg::ALL, std::slice::from_ref);
    let mut text = String::new();
    for alg in algs {
        let (kid, material) = ring::generate(*alg, &app.master_key, app.rng.as_ref())?;
        let command = Rotate {
            alg: *alg,
            kid: kid.clone(),
            material,
        };
        execute(app, &command, &operator(app)).await?;
        let publish = app.config.keys.publish;
        writeln!(text, "{alg}: {kid} is published, and signs in {publish}.")?;
    }
    Ok(done(text))
}

async fn recover(app: &App) -> anyhow::Result<Outcome> {
    let link = first_admin::new_link(app).await?;
    Ok(done(format!(
        "Within a day, and once, this makes a new administrator:\n{link}\n"
    )))
}

async fn backup(app: &App, file: &Path) -> anyhow::Result<Outcome> {
    app.log.backup(file).await?;
    Ok(done(format!(
        "{} holds the realm. Keep the master key elsewhere.\n",
        file.display()
    )))
}
