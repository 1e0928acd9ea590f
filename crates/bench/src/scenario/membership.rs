//! A member is added through the admin API: to a group of 100 000, and to an empty one.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::{Bench, CONNECTIONS};
use crate::http::{Answer, Connection, form, request};
use crate::load::{Load, Sample, Talk, median};
use crate::process::Process;
use crate::report::Verdict;
use crate::server::SECRET;

const LARGE: usize = 100_000;

/// Members added in a turn.
const TURN: usize = 1000;

const LIMIT: f64 = 1.5;

pub(super) async fn run(bench: &mut Bench) -> Result<()> {
    let ours = bench.site("membership")?.start(true)?;
    let admin = Admin::sign_in(&ours).await?;
    let rounds = bench.effort.rounds;
    let users = (0..LARGE + TURN * rounds)
        .map(|number| admin.post("users", &format!(r#"{{"username":"user-{number}"}}"#)));
    let users = errands(&ours, users.collect()).await?.1;
    let large = admin.make_group("large").await?;
    let (many, more) = users.split_at(LARGE);
    errands(&ours, admin.adds(&large, many)).await?;

    let (mut to_large, mut to_empty) = (Vec::new(), Vec::new());
    for (round, users) in more.chunks(TURN).enumerate() {
        let empty = admin.make_group(&format!("empty-{round}")).await?;
        to_empty.push(errands(&ours, admin.adds(&empty, users)).await?.0);
        to_large.push(errands(&ours, admin.adds(&large, users)).await?.0);
    }
    bench
        .report
        .row("member added to an empty group", Sample::median(&to_empty));
    bench
        .report
        .row("member added to 100 000", Sample::median(&to_large));
    let ratios = to_large
        .iter()
        .zip(&to_empty)
        .map(|(large, empty)| large.cpu / empty.cpu);
    bench.report.verdict(Verdict {
        what: "member added to 100 000 / to none".into(),
        measured: median(ratios),
        limit: Some(LIMIT),
        unit: "x",
    });
    Ok(())
}

/// The administrator of the realm file.
struct Admin<'a> {
    process: &'a Process,
    host: String,
    headers: String,
}

impl<'a> Admin<'a> {
    async fn sign_in(process: &'a Process) -> Result<Self> {
        let host = format!("127.0.0.1:{}", process.port);
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", "bench-admin"),
            ("client_secret", SECRET),
            ("resource", &format!("http://{host}/api/v1")),
        ];
        let mut connection = Connection::open(process.port).await?;
        let ask = form("/token", &host, &fields);
        let answer = connection.exchange(&ask).await?.expect(200)?;
        let token = answer.member("access_token").context("no access token")?;
        Ok(Self {
            process,
            host,
            headers: format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n"),
        })
    }

    fn request(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        request(
            method,
            &format!("/api/v1/{path}"),
            &self.host,
            &self.headers,
            body,
        )
    }

    fn post(&self, path: &str, body: &str) -> Vec<u8> {
        self.request("POST", path, body)
    }

    fn adds(&self, group: &str, users: &[String]) -> Vec<Vec<u8>> {
        let put = |user| self.request("PUT", &format!("groups/{group}/members/{user}"), "{}");
        users.iter().map(put).collect()
    }

    async fn make_group(&self, name: &str) -> Result<String> {
        let make = self.post("groups", &format!(r#"{{"name":"{name}"}}"#));
        let (_, mut ids) = errands(self.process, vec![make]).await?;
        ids.pop().context("the group has no id")
    }
}

/// Sends all requests over many connections. Returns the ids of what they made.
async fn errands(process: &Process, mut requests: Vec<Vec<u8>>) -> Result<(Sample, Vec<String>)> {
    let share = requests.len().div_ceil(CONNECTIONS);
    let mut errands = Vec::new();
    while !requests.is_empty() {
        let left = requests.split_off(requests.len().min(share));
        errands.push(Errands {
            requests: std::mem::replace(&mut requests, left),
            sent: Vec::new(),
            ids: Vec::new(),
        });
    }
    let mut load = Load::new(process.port, errands);
    let sample = load.run(process, Duration::from_hours(1)).await?;
    let ids = load
        .into_talks()
        .into_iter()
        .flat_map(|errands| errands.ids)
        .collect();
    Ok((sample, ids))
}

/// Requests that each change something.
struct Errands {
    requests: Vec<Vec<u8>>,
    sent: Vec<u8>,
    ids: Vec<String>,
}

impl Talk for Errands {
    fn request(&mut self) -> Option<&[u8]> {
        self.sent = self.requests.pop()?;
        Some(&self.sent)
    }

    fn answer(&mut self, answer: Answer<'_>) -> Result<()> {
        if answer.status != 204 {
            let id = answer.expect(201)?.member("id").context("no id")?;
            self.ids.push(id.to_owned());
        }
        Ok(())
    }
}
