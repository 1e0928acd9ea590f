//! Streams of signals, and what they are told: that the risk of a person has changed.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval_at};

use crate::admin::Admin;
use crate::http::Connection;

const RISK_LEVEL_CHANGE: &str =
    "https://schemas.openid.net/secevent/caep/event-type/risk-level-change";

/// Connections that signals come over, in turn, so that a slow answer delays one of them only.
const LANES: u32 = 8;

/// How often a queue is looked at that fills.
const LOOK: Duration = Duration::from_millis(50);

/// Whoever reports signals of one person.
pub struct Signals<'a> {
    admin: &'a Admin<'a>,
    user: String,
    next: u32,
}

/// A signal that was reported.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    /// Its number.
    pub signal: u32,
    /// When it was reported.
    pub asked: Instant,
    /// When that was answered, and so committed.
    pub answered: Instant,
}

impl<'a> Signals<'a> {
    /// Signals of a new person of this name.
    pub async fn new(admin: &'a Admin<'a>, username: &str) -> Result<Self> {
        let user = format!(r#"{{"username":"{username}"}}"#);
        let user = admin.make("users", &user).await?;
        let next = 0;
        Ok(Self { admin, user, next })
    }

    /// Reports so many signals in a second, at even distances; it does not catch up where it fell behind.
    /// Returns them in order.
    pub async fn feed(&mut self, per_second: u32, duration: Duration) -> Result<Vec<Sent>> {
        let period = Duration::from_secs(1) / per_second;
        let count = u32::try_from(duration.as_millis())? * per_second / 1000;
        let mut lanes = JoinSet::new();
        let begin = Instant::now() + Duration::from_millis(10);
        for lane in 0..LANES {
            let mut connection = Connection::open(self.admin.process.port).await?;
            let requests: Vec<_> = (lane..count)
                .step_by(usize::try_from(LANES)?)
                .map(|index| (self.next + index, self.request(self.next + index)))
                .collect();
            lanes.spawn(async move {
                let mut ticks = interval_at((begin + period * lane).into(), period * LANES);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                let mut sent = Vec::with_capacity(requests.len());
                for (signal, request) in requests {
                    ticks.tick().await;
                    let asked = Instant::now();
                    connection.exchange(&request).await?.expect(202)?;
                    let answered = Instant::now();
                    sent.push(Sent {
                        signal,
                        asked,
                        answered,
                    });
                }
                anyhow::Ok(sent)
            });
        }
        let mut sent = Vec::new();
        while let Some(lane) = lanes.join_next().await {
            sent.extend(lane??);
        }
        self.next += count;
        sent.sort_by_key(|sent| sent.signal);
        Ok(sent)
    }

    /// Reports so many, as fast as they are taken.
    pub async fn heap(&mut self, count: u32) -> Result<()> {
        let requests = (0..count).map(|index| self.request(self.next + index));
        self.admin.errands(requests.collect()).await?;
        self.next += count;
        Ok(())
    }

    fn request(&self, signal: u32) -> Vec<u8> {
        let said = json!({
            "subject": { "format": "iss_sub", "iss": self.admin.issuer(), "sub": self.user },
            "type": "risk-level-change",
            "event": {
                "principal": "USER",
                "previous_level": "LOW",
                "current_level": "HIGH",
                "risk_reason": format!("bench-{signal:08}"),
            },
        });
        self.admin.post("signals", &said.to_string())
    }
}

/// Makes a stream of these signals, pushed to a URL; returns its id.
pub async fn make_stream(admin: &Admin<'_>, url: &str, alg: &str) -> Result<String> {
    admin.make("streams", &stream(url, alg).to_string()).await
}

/// What a stream is made of.
pub fn stream(url: &str, alg: &str) -> Value {
    json!({
        "client": "bench-machine",
        "delivery": { "method": "push", "endpoint_url": url },
        "events_requested": [RISK_LEVEL_CHANGE],
        "signing_alg": alg,
        "most_pending": 2_000_000,
    })
}

/// Enables or pauses a stream.
pub async fn set_status(admin: &Admin<'_>, stream: &str, status: &str) -> Result<()> {
    let path = format!("streams/{stream}/status");
    let status = json!({ "status": status });
    admin.ask("PUT", &path, &status).await.map(drop)
}

/// Returns when so many tokens wait in a stream.
pub async fn wait_for_pending(admin: &Admin<'_>, stream: &str, count: u32) -> Result<()> {
    while pending(admin, stream).await? != i64::from(count) {
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// How many tokens wait in a stream.
pub async fn pending(admin: &Admin<'_>, stream: &str) -> Result<i64> {
    let path = format!("streams/{stream}");
    let said = admin.ask("GET", &path, &Value::Null).await?;
    let pending = said["queue"]["pending"].as_i64();
    pending.with_context(|| format!("no number of what waits: {said}"))
}
