//! A thousand streams hear of the same person once a second; with one receiver that never answers, and
//! without it.

use anyhow::Result;
use serde_json::Value;

use super::{Pace, turn};
use crate::admin::Admin;
use crate::load::{Sample, median};
use crate::receiver::Receivers;
use crate::report::Verdict;
use crate::scenario::Bench;
use crate::signals::{Signals, make_stream};

/// Streams whose receivers answer.
const LIVE: u32 = 999;

const LIMIT: f64 = 1.2;

pub(in crate::scenario) async fn run(bench: &mut Bench) -> Result<()> {
    let ours = bench.site("signals-streams")?.start(true)?;
    let admin = Admin::sign_in(&ours).await?;
    let (mut receivers, dead) = (Receivers::listen().await?, Receivers::dead().await?);
    // One after the other: each is decided on all the streams of the client.
    for receiver in 0..LIVE {
        make_stream(&admin, &receivers.url(receiver), "ES256").await?;
    }
    let mut signals = Signals::new(&admin, "ada").await?;
    let pace = Pace {
        per_second: 1,
        receivers: usize::try_from(LIVE)?,
        turn: bench.effort.turn,
    };
    turn(&admin, &mut signals, &mut receivers, pace).await?;
    let (mut all_live, mut one_dead) = (Vec::new(), Vec::new());
    for _ in 0..bench.effort.rounds {
        let without = turn(&admin, &mut signals, &mut receivers, pace).await?;
        all_live.push(without.committed);
        let stream = make_stream(&admin, &dead.url(0), "ES256").await?;
        let with = turn(&admin, &mut signals, &mut receivers, pace).await?;
        one_dead.push(with.committed);
        let path = format!("streams/{stream}");
        admin.ask("DELETE", &path, &Value::Null).await?;
    }
    let report = &mut bench.report;
    report.row("999 streams told once a second", Sample::median(&all_live));
    report.row("999 beside a dead one", Sample::median(&one_dead));
    let ratios = one_dead
        .iter()
        .zip(&all_live)
        .map(|(dead, live)| dead.p99 / live.p99);
    report.verdict(Verdict {
        what: "p99 of 999 streams, beside a dead one / without it".into(),
        measured: median(ratios),
        limit: Some(LIMIT),
        unit: "x",
    });
    Ok(())
}
