//! What an operator can have done, by a running server or without one.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use domain::value::SigningAlg;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::bootstrap::{first_admin, operator};
use crate::execute::execute;
use crate::keys::ring::{self, Rotate};
use crate::verify::verify;

/// A command for the realm.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    /// Copies the database.
    Backup {
        /// The new file, an absolute path.
        file: PathBuf,
    },
}

/// How it went, for a terminal.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Outcome {
    pub(super) is_success: bool,
    /// Whole lines.
    pub(super) text: String,
}

impl Task {
    /// Does it.
    pub(super) async fn run(&self, app: &App) -> Outcome {
        let done = match self {
            Self::Verify => run_verify(app).await,
            Self::RotateKeys { alg } => rotate(app, *alg).await,
            Self::RecoverAdministrator => recover(app).await,
            Self::Backup { file } => backup(app, file).await,
        };
        match done {
            Ok(text) => Outcome {
                is_success: true,
                text,
            },
            Err(error) => Outcome {
                is_success: false,
                text: format!("{error:#}\n"),
            },
        }
    }
}

async fn run_verify(app: &App) -> anyhow::Result<String> {
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
        return Ok(format!("The state is what the log says: {compared}.\n"));
    }
    let differences = report.differences.join("\n");
    anyhow::bail!("the state is not what the log says ({compared}):\n{differences}")
}

async fn rotate(app: &App, alg: Option<SigningAlg>) -> anyhow::Result<String> {
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
    Ok(text)
}

async fn recover(app: &App) -> anyhow::Result<String> {
    let link = first_admin::new_link(app).await?;
    Ok(format!(
        "Within a day, and once, this makes a new administrator:\n{link}\n"
    ))
}

async fn backup(app: &App, file: &Path) -> anyhow::Result<String> {
    app.log.backup(file).await?;
    Ok(format!(
        "{} holds the realm. Keep the master key elsewhere.\n",
        file.display()
    ))
}
