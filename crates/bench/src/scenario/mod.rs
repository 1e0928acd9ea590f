//! What is measured, one file for each thing.

mod client_credentials;
mod flood;
mod footprint;
mod introspection;
mod membership;
mod refresh;
mod signals;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum;

use crate::compare::Effort;
use crate::process::{Place, Process, free_port};
use crate::report::Report;
use crate::server::Site;

/// Connections of a load.
pub const CONNECTIONS: usize = 64;

/// A thing to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Second start, idle memory, size of the binary.
    Footprint,
    /// A client's token for itself: nothing is written.
    ClientCredentials,
    /// A refresh token is turned.
    Refresh,
    /// An API asks about a token.
    Introspection,
    /// Tokens while strangers try passwords.
    Flood,
    /// A member is added to an empty group and to one of 100 000.
    Membership,
    /// From a change to the receiver that hears of it.
    SignalsLatency,
    /// A stream is emptied.
    SignalsThroughput,
    /// A thousand streams, and one receiver that never answers.
    SignalsStreams,
    /// A million tokens wait.
    SignalsBacklog,
}

/// What a scenario has to work with.
pub struct Bench {
    /// Our server's binary.
    pub binary: PathBuf,
    /// A folder of its own.
    pub folder: PathBuf,
    /// Where servers run.
    pub place: Place,
    /// How long and how often.
    pub effort: Effort,
    /// What was found.
    pub report: Report,
}

impl Bench {
    /// Measures one thing.
    pub async fn run(&mut self, scenario: Scenario) -> Result<()> {
        match scenario {
            Scenario::Footprint => footprint::run(self),
            Scenario::ClientCredentials => client_credentials::run(self).await,
            Scenario::Refresh => refresh::run(self).await,
            Scenario::Introspection => introspection::run(self).await,
            Scenario::Flood => flood::run(self).await,
            Scenario::Membership => membership::run(self).await,
            Scenario::SignalsLatency => signals::latency::run(self).await,
            Scenario::SignalsThroughput => signals::throughput::run(self).await,
            Scenario::SignalsStreams => signals::streams::run(self).await,
            Scenario::SignalsBacklog => signals::backlog::run(self).await,
        }
    }

    fn site(&self, name: &str) -> Result<Site> {
        Site::new(&self.binary, &self.folder.join(name), self.place)
    }

    /// A floor, and the same with an access log.
    fn floors(&self, name: &str) -> Result<[(&'static str, Process); 2]> {
        let start = |logs: bool| {
            let folder = self.folder.join(format!("{name}-{logs}"));
            start_floor(&folder, self.place, logs)
        };
        Ok([
            ("floor", start(false)?),
            ("floor with access log", start(true)?),
        ])
    }
}

fn start_floor(folder: &Path, place: Place, logs: bool) -> Result<Process> {
    std::fs::create_dir_all(folder)?;
    let port = free_port()?;
    let mut command = place.command(&std::env::current_exe()?);
    command.arg("floor").arg(port.to_string()).arg(folder);
    if logs {
        command.arg("--logs");
    }
    Process::start(command, port, "/", &folder.join("floor.log"))
}
