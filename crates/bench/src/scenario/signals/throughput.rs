//! How fast one stream is emptied. Floor: a bare loop that signs, posts and marks a row for each.

use std::time::Instant;

use anyhow::{Result, ensure};

use crate::admin::Admin;
use crate::http::{Connection, form};
use crate::load::{Sample, median};
use crate::process::Process;
use crate::receiver::Receivers;
use crate::report::Verdict;
use crate::scenario::{Bench, start_floor};
use crate::signals::{Signals, make_stream, set_status, wait_for_pending};

/// An algorithm, how many tokens a turn has, and what our rate is measured against.
const VARIANTS: [(&str, u32, f64); 2] = [("ES256", 10_000, 1.0 / 0.6), ("RS256", 3_000, 1.0 / 0.8)];

pub(in crate::scenario) async fn run(bench: &mut Bench) -> Result<()> {
    for (alg, count, limit) in VARIANTS {
        let name = format!("signals-throughput-{alg}");
        let ours = bench.site(&name)?.start(true)?;
        let floor = start_floor(&bench.folder.join(name + "-floor"), bench.place, false)?;
        let admin = Admin::sign_in(&ours).await?;
        let mut receivers = Receivers::listen().await?;
        let stream = make_stream(&admin, &receivers.url(0), alg).await?;
        let mut signals = Signals::new(&admin, "ada").await?;
        let (mut of_ours, mut of_floor) = (Vec::new(), Vec::new());
        // The first turn warms up and is forgotten.
        for round in 0..=bench.effort.rounds {
            set_status(&admin, &stream, "paused").await?;
            signals.heap(count).await?;
            wait_for_pending(&admin, &stream, count).await?;
            let ours = empty(&admin, &stream, &mut receivers, count).await?;
            wait_for_pending(&admin, &stream, 0).await?;
            let floor = empty_floor(&floor, &mut receivers, alg, count).await?;
            if round > 0 {
                of_ours.push(ours);
                of_floor.push(floor);
            }
        }
        let what = format!("a full stream, {alg}");
        bench.report.row(&what, Sample::median(&of_ours));
        bench
            .report
            .row(&format!("bare loop, {alg}"), Sample::median(&of_floor));
        let pairs = || of_ours.iter().zip(&of_floor);
        let rates = pairs().map(|(ours, floor)| floor.per_second / ours.per_second);
        let cpu = pairs().map(|(ours, floor)| ours.cpu / floor.cpu);
        for (what, measured, limit) in [
            (
                format!("rate of the bare loop / {what}"),
                median(rates),
                Some(limit),
            ),
            (
                format!("processor time of {what} / bare loop"),
                median(cpu),
                None,
            ),
        ] {
            bench.report.verdict(Verdict {
                what,
                measured,
                limit,
                unit: "x",
            });
        }
    }
    Ok(())
}

/// Lets a stream go until all has arrived.
async fn empty(
    admin: &Admin<'_>,
    stream: &str,
    receivers: &mut Receivers,
    count: u32,
) -> Result<Sample> {
    let begun = Begun::now(admin.process)?;
    set_status(admin, stream, "enabled").await?;
    begun.end(receivers, count).await
}

/// The same of the bare loop.
async fn empty_floor(
    floor: &Process,
    receivers: &mut Receivers,
    alg: &str,
    count: u32,
) -> Result<Sample> {
    let host = format!("127.0.0.1:{}", floor.port);
    let mut connection = Connection::open(floor.port).await?;
    let (url, number) = (receivers.url(0), count.to_string());
    let prepare = form("/deliveries/prepare", &host, &[("count", &number)]);
    connection.exchange(&prepare).await?.expect(200)?;
    let begun = Begun::now(floor)?;
    let send = form("/deliveries/send", &host, &[("url", &url), ("alg", alg)]);
    connection.exchange(&send).await?.expect(200)?;
    begun.end(receivers, count).await
}

/// When something began to be delivered, and what had been consumed until then.
struct Begun<'a> {
    process: &'a Process,
    at: Instant,
    cpu: u64,
}

impl<'a> Begun<'a> {
    fn now(process: &'a Process) -> Result<Self> {
        Ok(Self {
            process,
            at: Instant::now(),
            cpu: process.cpu()?,
        })
    }

    /// When so many have arrived; latencies are the distances of arrivals.
    async fn end(self, receivers: &mut Receivers, count: u32) -> Result<Sample> {
        let arrivals = receivers.take(usize::try_from(count)?).await?;
        let cpu = self.process.cpu()? - self.cpu;
        ensure!(receivers.clear() == 0, "something came twice");
        let last = arrivals.last().map_or(self.at, |last| last.at);
        let distances = arrivals.windows(2).map(|two| two[1].at - two[0].at);
        let distances: Result<Vec<u32>, _> = distances
            .map(|distance| distance.as_micros().try_into())
            .collect();
        let seconds = (last - self.at).as_secs_f64();
        Ok(Sample::new(distances?, seconds, cpu))
    }
}
