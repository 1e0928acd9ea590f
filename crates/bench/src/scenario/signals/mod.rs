//! Shared Signals: from a change of a person to the receivers that hear of it.

pub(super) mod backlog;
pub(super) mod latency;
pub(super) mod streams;
pub(super) mod throughput;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::admin::Admin;
use crate::load::Sample;
use crate::receiver::{Arrival, Receivers};
use crate::signals::{Sent, Signals};

/// How fast signals are reported, and how many receivers hear of each.
#[derive(Debug, Clone, Copy)]
struct Pace {
    per_second: u32,
    receivers: usize,
    turn: Duration,
}

/// What a turn showed, by tokens that arrived.
#[derive(Debug, Clone, Copy)]
struct Turn {
    /// Latencies are those from the commit: from the answer to who reported the signal.
    committed: Sample,
    /// Latencies are those from the report's being sent.
    reported: Sample,
}

/// Reports signals at a pace and waits until all receivers have heard of all of them.
async fn turn(
    admin: &Admin<'_>,
    signals: &mut Signals<'_>,
    receivers: &mut Receivers,
    pace: Pace,
) -> Result<Turn> {
    receivers.clear();
    let (cpu, began) = (admin.process.cpu()?, Instant::now());
    let sent = signals.feed(pace.per_second, pace.turn).await?;
    let arrivals = receivers.take(sent.len() * pace.receivers).await?;
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), admin.process.cpu()? - cpu);
    let committed = latencies(&sent, &arrivals, |sent| sent.answered)?;
    let reported = latencies(&sent, &arrivals, |sent| sent.asked)?;
    Ok(Turn {
        committed: Sample::new(committed, seconds, cpu),
        reported: Sample::new(reported, seconds, cpu),
    })
}

/// From `start` of each signal to each of its arrivals, in µs. A token may be there before the answer is.
fn latencies(
    sent: &[Sent],
    arrivals: &[Arrival],
    start: impl Fn(&Sent) -> Instant,
) -> Result<Vec<u32>> {
    let starts: HashMap<u32, Instant> =
        sent.iter().map(|sent| (sent.signal, start(sent))).collect();
    let latency = |arrival: &Arrival| {
        let start = starts.get(&arrival.signal).context("a signal of before")?;
        let latency = arrival.at.saturating_duration_since(*start);
        Ok(u32::try_from(latency.as_micros())?)
    };
    arrivals.iter().map(latency).collect()
}
