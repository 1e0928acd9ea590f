//! Load: some keep-alive connections, each sending its next request as soon as it has its answer.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

use crate::http::{Answer, Connection};
use crate::process::Process;

/// One connection's side of the talk.
pub trait Talk: Send + 'static {
    /// The next request; none ends this side of the load.
    fn request(&mut self) -> Option<&[u8]>;

    /// Looks at the answer; an error ends the measurement.
    fn answer(&mut self, answer: Answer<'_>) -> Result<()>;
}

/// All connections' talks, ready to go on.
pub struct Load<T> {
    port: u16,
    talks: Vec<T>,
}

struct Lane<T> {
    connection: Connection,
    talk: T,
}

/// What a run showed.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Requests in a second.
    pub per_second: f64,
    /// Processor time of the server for one request, in µs.
    pub cpu: f64,
    /// Median of the time to an answer, in ms.
    pub p50: f64,
    /// Its 99th percentile, in ms.
    pub p99: f64,
}

impl<T: Talk> Load<T> {
    /// One connection for each talk.
    pub fn new(port: u16, talks: impl IntoIterator<Item = T>) -> Self {
        let talks = talks.into_iter().collect();
        Self { port, talks }
    }

    /// The talks as they ended.
    pub fn into_talks(self) -> Vec<T> {
        self.talks
    }

    /// Talks for so long, or until nothing is left to say, and measures. The connections are new: a
    /// server need not keep them while others have their turn.
    pub async fn run(&mut self, process: &Process, duration: Duration) -> Result<Sample> {
        let mut lanes = Vec::new();
        for talk in self.talks.drain(..) {
            let connection = Connection::open(self.port).await?;
            lanes.push(Lane { connection, talk });
        }
        // The load never sleeps, so that a server does not pay for waking it: who answers slower would pay more
        // often, for what is not its own work.
        let mut awake = JoinSet::new();
        awake.spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        });
        let (cpu, began) = (process.cpu()?, Instant::now());
        let mut running = JoinSet::new();
        for lane in lanes {
            running.spawn(lane.run(began + duration));
        }
        let mut latencies = Vec::new();
        while let Some(ended) = running.join_next().await {
            let (talk, of_lane) = ended??;
            latencies.extend(of_lane);
            self.talks.push(talk);
        }
        let (seconds, cpu) = (began.elapsed().as_secs_f64(), process.cpu()? - cpu);
        Ok(Sample::new(latencies, seconds, cpu))
    }
}

impl<T: Talk> Lane<T> {
    /// Returns the time that each exchange took, in µs.
    async fn run(mut self, until: Instant) -> Result<(T, Vec<u32>)> {
        let mut latencies = Vec::with_capacity(4096);
        let mut sent = Instant::now();
        while sent < until
            && let Some(request) = self.talk.request()
        {
            let answer = self.connection.exchange(request).await?;
            let now = Instant::now();
            latencies.push(u32::try_from((now - sent).as_micros())?);
            self.talk.answer(answer)?;
            sent = now;
        }
        Ok((self.talk, latencies))
    }
}

impl Sample {
    /// Of these times to an answer and this processor time, in µs.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub fn new(mut latencies: Vec<u32>, seconds: f64, cpu: u64) -> Self {
        latencies.sort_unstable();
        let at = |percent: usize| {
            let index = latencies.len() * percent / 100;
            f64::from(latencies.get(index).copied().unwrap_or_default()) / 1000.0
        };
        let requests = latencies.len().max(1) as f64;
        Self {
            per_second: requests / seconds,
            cpu: cpu as f64 / requests,
            p50: at(50),
            p99: at(99),
        }
    }

    /// The median of each figure.
    pub fn median(samples: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(samples.iter().map(figure));
        Self {
            per_second: of(|sample| sample.per_second),
            cpu: of(|sample| sample.cpu),
            p50: of(|sample| sample.p50),
            p99: of(|sample| sample.p99),
        }
    }
}

/// The median; zero of nothing.
pub fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// The same request again and again; every answer must be a 200 with this text in it.
#[derive(Clone)]
pub struct Same {
    /// The request.
    pub request: Vec<u8>,
    /// What tells that the server did the work.
    pub proof: &'static str,
}

impl Talk for Same {
    fn request(&mut self) -> Option<&[u8]> {
        Some(&self.request)
    }

    fn answer(&mut self, answer: Answer<'_>) -> Result<()> {
        let text = answer.expect(200)?.text()?;
        anyhow::ensure!(text.contains(self.proof), "not the expected answer: {text}");
        Ok(())
    }
}
