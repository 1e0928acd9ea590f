//! The command line.
//!
//! A command for the realm is a task (`task.rs`): beside a running server the server carries it out, told by
//! its socket; otherwise this process does, by the same code.

mod demo;
mod realm;
mod restore;
mod serve;
mod socket;
mod streams;
mod task;

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use domain::value::SigningAlg;
use eventlog::DbError;

use crate::bootstrap::{self, Start, StartError};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::rng::SystemRng;
use realm::{Form, RealmFile};
use task::{Outcome, Task};

/// An event-sourced identity provider.
#[derive(Debug, Parser)]
#[command(name = "chancery", version, arg_required_else_help = true)]
struct Arguments {
    /// A file of settings; config.default.toml explains all of them.
    #[arg(long, global = true, env = "CHANCERY_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve {
        /// Move the realm to the issuer of the settings, if it is another than before.
        #[arg(long)]
        move_issuer: bool,
        /// Make the realm what this file declares before listening.
        #[arg(long, value_name = "FILE")]
        realm: Option<PathBuf>,
    },
    /// Say what applying a realm file would change; exits with 2 if anything.
    Plan {
        /// The file that declares the realm.
        file: PathBuf,
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Make the realm what a file declares.
    Apply {
        /// The file that declares the realm.
        file: PathBuf,
        /// Undo what somebody has decided otherwise since it was applied last.
        #[arg(long)]
        force: bool,
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Try it out: a realm with people, APIs and clients, gone again at the end.
    Demo {
        /// The first of five ports.
        #[arg(long, default_value_t = 8600)]
        port: u16,
        /// A folder to keep everything in.
        #[arg(long, value_name = "DIR")]
        keep: Option<PathBuf>,
    },
    /// Compare the state with the log that it was made from.
    Verify,
    /// Signing keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Administrators.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Signal streams, and what is on its way in them.
    #[command(subcommand)]
    Streams(streams::Command),
    /// Copy a SQLite database, at any time, to a new file. The master key is not in it.
    Backup {
        /// The new file.
        file: PathBuf,
    },
    /// Put a backup in the place of a SQLite database that is gone.
    Restore {
        /// The backup.
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Publish a new key; it signs after the time that `keys.publish` sets.
    Rotate {
        /// RS256, ES256 or EdDSA; without it, a new key for each.
        alg: Option<SigningAlg>,
    },
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Make a one-time link for a new administrator.
    Recover,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return instead(&error),
    };
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("chancery: {error:#}\n"));
            ExitCode::FAILURE
        }
    }
}

/// What is said instead of doing anything: help that was asked for, or what is wrong with the command line.
/// That is an error as others are: 2 would be a plan that differs.
fn instead(error: &clap::Error) -> ExitCode {
    error.print().ok();
    if error.use_stderr() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Writes to the standard output. Whoever stops reading has seen enough.
fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.context("the standard output"),
    }
}

/// Writes to the standard error, for as long as somebody reads it.
fn complain(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).ok();
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let config = || Config::load(arguments.config.as_deref(), environment);
    match arguments.command {
        Command::Serve { move_issuer, realm } => {
            let config = config()?;
            let realm = realm.as_deref().map(RealmFile::read).transpose()?;
            let _written_at_the_end =
                crate::logging::init(&config.log).map_err(anyhow::Error::msg)?;
            runtime()?.block_on(serve::run(start(config, move_issuer), realm))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Demo { port, keep } => {
            let demo = demo::Demo::new(port, keep.as_deref())?;
            let config = demo.config()?;
            let _written_at_the_end =
                crate::logging::init(&config.log).map_err(anyhow::Error::msg)?;
            runtime()?.block_on(demo.run(start(config, false)))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Restore { file } => {
            let said = runtime()?.block_on(restore::run(&config()?, &file))?;
            say(&said)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Plan { file, json } => {
            let file = RealmFile::read(&file)?;
            carry_out(
                config()?,
                &Task::Plan {
                    file,
                    form: form(json),
                },
            )
        }
        Command::Apply { file, force, json } => {
            let file = RealmFile::read(&file)?;
            carry_out(
                config()?,
                &Task::Apply {
                    file,
                    force,
                    form: form(json),
                },
            )
        }
        Command::Verify => carry_out(config()?, &Task::Verify),
        Command::Key(KeyCommand::Rotate { alg }) => carry_out(config()?, &Task::RotateKeys { alg }),
        Command::Admin(AdminCommand::Recover) => carry_out(config()?, &Task::RecoverAdministrator),
        Command::Streams(command) => {
            let order = command.order()?;
            carry_out(config()?, &Task::Streams(order))
        }
        Command::Backup { file } => {
            // The server has another working directory.
            let file = std::path::absolute(&file).context("the path of the new file")?;
            carry_out(config()?, &Task::Backup { file })
        }
    }
}

/// Has the server that runs here do it, or does it.
fn carry_out(config: Config, task: &Task) -> anyhow::Result<ExitCode> {
    let outcome = match socket::ask(&config.socket(), task)? {
        Some(outcome) => outcome,
        None => runtime()?.block_on(alone(config, task))?,
    };
    match outcome.code {
        1 => complain(&outcome.text),
        _ => say(&outcome.text)?,
    }
    Ok(ExitCode::from(outcome.code))
}

async fn alone(config: Config, task: &Task) -> anyhow::Result<Outcome> {
    let app = match bootstrap::open(start(config, false)).await {
        Err(StartError::Database(DbError::InUse(file))) => {
            anyhow::bail!("{} is in use by another command: try again", file.display())
        }
        other => other?,
    };
    Ok(task.run(&app).await)
}

fn start(config: Config, move_issuer: bool) -> Start {
    Start {
        config,
        master_key: std::env::var("CHANCERY_MASTER_KEY").ok(),
        move_issuer,
        clock: Arc::new(SystemClock),
        rng: Arc::new(SystemRng),
    }
}

fn form(json: bool) -> Form {
    match (json, std::io::stdout().is_terminal()) {
        (true, _) => Form::Json,
        (false, true) => Form::Colours,
        (false, false) => Form::Text,
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }
}
