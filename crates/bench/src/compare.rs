//! Ours and its floors under the same load, in turns, so that a slow moment of the machine meets all.

use std::time::Duration;

use anyhow::Result;

use crate::load::{Load, Sample, Talk, median};
use crate::process::Process;
use crate::report::{Report, Verdict};

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Turns of each server.
    pub rounds: usize,
    /// Length of a turn.
    pub turn: Duration,
}

/// A server with the load for it.
pub struct Contender<'a, T> {
    /// What the table calls it.
    pub name: String,
    process: &'a Process,
    load: Load<T>,
}

impl<'a, T: Talk> Contender<'a, T> {
    /// A server with one connection for each talk.
    pub fn new(
        name: impl Into<String>,
        process: &'a Process,
        talks: impl IntoIterator<Item = T>,
    ) -> Self {
        Self {
            name: name.into(),
            process,
            load: Load::new(process.port, talks),
        }
    }
}

/// Runs all in turns. The first is ours; its processor time per request over that of each floor is
/// judged against `limit`, where there is one.
pub async fn compare<T: Talk>(
    report: &mut Report,
    effort: Effort,
    contenders: &mut [Contender<'_, T>],
    limit: Option<f64>,
) -> Result<()> {
    let mut samples = vec![Vec::new(); contenders.len()];
    // The first turn warms up and is forgotten.
    for round in 0..=effort.rounds {
        for (contender, samples) in contenders.iter_mut().zip(&mut samples) {
            let sample = contender.load.run(contender.process, effort.turn).await?;
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    for (contender, samples) in contenders.iter().zip(&samples) {
        report.row(&contender.name, Sample::median(samples));
    }
    let Some((ours, floors)) = samples.split_first() else {
        return Ok(());
    };
    for (floor, contender) in floors.iter().zip(&contenders[1..]) {
        let ratios = ours
            .iter()
            .zip(floor)
            .map(|(ours, floor)| ours.cpu / floor.cpu);
        report.verdict(Verdict {
            what: format!("{} / {}", contenders[0].name, contender.name),
            measured: median(ratios),
            limit,
            unit: "x",
        });
    }
    Ok(())
}
