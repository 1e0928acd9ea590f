//! One stream, one receiver: how long after the commit it is told.

use anyhow::Result;

use super::{Pace, turn};
use crate::admin::Admin;
use crate::load::Sample;
use crate::receiver::Receivers;
use crate::report::Verdict;
use crate::scenario::Bench;
use crate::signals::{Signals, make_stream};

/// Milliseconds.
const LIMIT: f64 = 100.0;

pub(in crate::scenario) async fn run(bench: &mut Bench) -> Result<()> {
    for (alg, per_second) in [("ES256", 200), ("RS256", 100)] {
        let ours = bench.site(&format!("signals-latency-{alg}"))?.start(true)?;
        let admin = Admin::sign_in(&ours).await?;
        let mut receivers = Receivers::listen().await?;
        make_stream(&admin, &receivers.url(0), alg).await?;
        let mut signals = Signals::new(&admin, "ada").await?;
        let pace = Pace {
            per_second,
            receivers: 1,
            turn: bench.effort.turn,
        };
        let (mut committed, mut reported) = (Vec::new(), Vec::new());
        for round in 0..=bench.effort.rounds {
            let turn = turn(&admin, &mut signals, &mut receivers, pace).await?;
            // The first turn warms up and is forgotten.
            if round > 0 {
                committed.push(turn.committed);
                reported.push(turn.reported);
            }
        }
        let what = format!("a signal told, {alg}, {per_second}/s");
        let (committed, reported) = (Sample::median(&committed), Sample::median(&reported));
        let report = &mut bench.report;
        report.row(&format!("{what}, from its commit"), committed);
        report.row(&format!("{what}, from its report"), reported);
        report.verdict(Verdict {
            what: format!("p99 of {what}, from its commit"),
            measured: committed.p99,
            limit: Some(LIMIT),
            unit: "ms",
        });
    }
    Ok(())
}
