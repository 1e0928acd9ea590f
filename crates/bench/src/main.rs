//! Measures Chancery against floors: what the same work costs with nothing in the way.
//!
//! Processor time of the server for one request is the figure that travels to other machines; ours and
//! the floors take turns under the same load. `scripts/bench.sh` builds and places both sides.

#![expect(
    unreachable_pub,
    reason = "nothing is outside of a program: `pub` means beyond the module"
)]

mod admin;
mod browser;
mod compare;
mod floor;
mod http;
mod load;
mod process;
mod receiver;
mod report;
mod scenario;
mod server;
mod signals;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum as _};

use crate::compare::Effort;
use crate::process::Place;
use crate::report::Report;
use crate::scenario::{Bench, Scenario};

#[derive(Parser)]
#[command(about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures.
    Run(Run),
    /// Serves a floor; `run` starts these.
    Floor {
        port: u16,
        folder: PathBuf,
        #[arg(long)]
        logs: bool,
    },
}

#[derive(Args)]
struct Run {
    /// What to measure; everything if nothing is named.
    scenarios: Vec<Scenario>,
    /// The server's binary.
    #[arg(long, default_value = "target/release/chancery")]
    binary: PathBuf,
    /// The processor for servers; none lets them run anywhere.
    #[arg(long)]
    server_cpu: Option<usize>,
    /// Turns of each server.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of a turn.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

fn main() -> Result<ExitCode> {
    match Cli::parse().command {
        Command::Floor { port, folder, logs } => {
            let runtime = tokio::runtime::Runtime::new()?;
            runtime.block_on(floor::serve(port, &folder, logs))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Run(run) => {
            // The load has one processor.
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(measure(run))
        }
    }
}

async fn measure(run: Run) -> Result<ExitCode> {
    let folder = Folder::new()?;
    let mut bench = Bench {
        binary: run.binary.canonicalize()?,
        folder: folder.0.clone(),
        place: run.server_cpu.map_or(Place::Anywhere, Place::Pinned),
        effort: Effort {
            rounds: run.rounds,
            turn: Duration::from_secs(run.seconds),
        },
        report: Report::default(),
    };
    let scenarios = if run.scenarios.is_empty() {
        Scenario::value_variants().to_vec()
    } else {
        run.scenarios
    };
    for scenario in scenarios {
        bench.run(scenario).await?;
    }
    let all_met = bench.report.finish();
    Ok(if all_met {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A folder that is gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let name = format!("chancery-bench-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{}: {error}", Path::new(&self.0).display());
        }
    }
}
