//! Refresh with rotation: each connection goes along a chain of its own, so that every answer's token
//! is the next request's. Floor: the token floor, and one durable row update in a group commit.

use anyhow::{Context as _, Result};

use super::{Bench, CONNECTIONS};
use crate::browser::Browser;
use crate::compare::{Contender, compare};
use crate::floor::{GRANTS, first_refresh_token};
use crate::http::{Answer, form};
use crate::load::Talk;
use crate::process::Process;
use crate::server::SECRET;

const LIMIT: f64 = 2.0;

pub(super) async fn run(bench: &mut Bench) -> Result<()> {
    variant(bench, "refresh", "read", Some(LIMIT)).await?;
    variant(bench, "refresh with an RS256 ID token", "openid read", None).await
}

async fn variant(bench: &mut Bench, name: &str, scope: &str, limit: Option<f64>) -> Result<()> {
    let folder = scope.replace(' ', "-");
    let ours = bench.site(&format!("refresh-{folder}"))?.start(true)?;
    let floors = bench.floors(&format!("refresh-{folder}"))?;
    let chains = chains(&ours, scope).await?;
    let mut contenders = vec![Contender::new(name, &ours, chains)];
    for (name, floor) in &floors {
        let chains = (0..GRANTS)
            .map(|grant| Chain::new(floor.port, "/refresh", &first_refresh_token(grant)));
        contenders.push(Contender::new(*name, floor, chains));
    }
    compare(&mut bench.report, bench.effort, &mut contenders, limit).await
}

async fn chains(ours: &Process, scope: &str) -> Result<Vec<Chain>> {
    let mut browser = Browser::open(ours.port).await?;
    let mut chains = Vec::new();
    for _ in 0..CONNECTIONS {
        let tokens = browser.tokens("https://jwt.example/", scope).await?;
        chains.push(Chain::new(ours.port, "/token", &tokens.refresh_token));
    }
    Ok(chains)
}

/// A chain of refresh tokens.
struct Chain {
    path: &'static str,
    host: String,
    request: Vec<u8>,
}

impl Chain {
    fn new(port: u16, path: &'static str, token: &str) -> Self {
        let host = format!("127.0.0.1:{port}");
        let mut chain = Self {
            path,
            host,
            request: Vec::new(),
        };
        chain.follow(token);
        chain
    }

    fn follow(&mut self, token: &str) {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", "bench-web"),
            ("client_secret", SECRET),
            ("resource", "https://jwt.example/"),
            ("refresh_token", token),
        ];
        self.request = form(self.path, &self.host, &fields);
    }
}

impl Talk for Chain {
    fn request(&mut self) -> Option<&[u8]> {
        Some(&self.request)
    }

    fn answer(&mut self, answer: Answer<'_>) -> Result<()> {
        let token = answer.expect(200)?.member("refresh_token");
        self.follow(token.context("no refresh token")?);
        Ok(())
    }
}
