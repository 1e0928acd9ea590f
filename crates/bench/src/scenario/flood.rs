//! Tokens while strangers try passwords: from ever new addresses, with names that nobody has, so that
//! no budget stops them and each try costs a password hash.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result};
use tokio::task::JoinSet;

use super::client_credentials::request;
use super::{Bench, CONNECTIONS};
use crate::browser::{hidden, with_header};
use crate::http::{self, Connection};
use crate::load::{Load, Same, Sample, median};
use crate::process::Process;
use crate::report::Verdict;

/// Strangers that try at once.
const STRANGERS: u32 = 32;

const LIMIT: f64 = 3.0;

pub(super) async fn run(bench: &mut Bench) -> Result<()> {
    let ours = bench.site("flood")?.start(true)?;
    let talk = Same {
        request: request(ours.port),
        proof: "\"access_token\":\"",
    };
    let mut tokens = Load::new(ours.port, vec![talk; CONNECTIONS]);
    let turn = bench.effort.turn;
    tokens.run(&ours, turn).await?;
    let (mut quiet, mut flooded, mut guesses) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..bench.effort.rounds {
        quiet.push(tokens.run(&ours, turn).await?);
        let mut flood = Flood::begin(&ours, u32::try_from(round)?).await?;
        flooded.push(tokens.run(&ours, turn).await?);
        guesses.push(flood.end()? / turn.as_secs_f64());
    }
    bench
        .report
        .row("client_credentials, quiet", Sample::median(&quiet));
    bench
        .report
        .row("client_credentials, flooded", Sample::median(&flooded));
    let ratios = flooded
        .iter()
        .zip(&quiet)
        .map(|(flooded, quiet)| flooded.p99 / quiet.p99);
    for (what, measured, limit, unit) in [
        ("tries of strangers meanwhile", median(guesses), None, "/s"),
        (
            "p99 of tokens, flooded / quiet",
            median(ratios),
            Some(LIMIT),
            "x",
        ),
    ] {
        let what = what.to_owned();
        bench.report.verdict(Verdict {
            what,
            measured,
            limit,
            unit,
        });
    }
    Ok(())
}

/// Strangers who try, all at once.
struct Flood {
    strangers: JoinSet<Result<()>>,
    guesses: Arc<AtomicU32>,
}

impl Flood {
    async fn begin(server: &Process, round: u32) -> Result<Self> {
        let mut flood = Self {
            strangers: JoinSet::new(),
            guesses: Arc::default(),
        };
        for stranger in 0..STRANGERS {
            let mut stranger = Stranger::new(server.port, round * STRANGERS + stranger).await?;
            let guesses = flood.guesses.clone();
            flood.strangers.spawn(async move {
                loop {
                    stranger.guess().await?;
                    guesses.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Ok(flood)
    }

    /// How often they tried. They only stop where they failed to.
    fn end(&mut self) -> Result<f64> {
        match self.strangers.try_join_next() {
            Some(ended) => ended?.map(|()| 0.0),
            None => Ok(self.guesses.load(Ordering::Relaxed).into()),
        }
    }
}

struct Stranger {
    connection: Connection,
    host: String,
    cookie: String,
    csrf: String,
    number: u32,
    guesses: u32,
}

impl Stranger {
    async fn new(port: u16, number: u32) -> Result<Self> {
        let mut connection = Connection::open(port).await?;
        let host = format!("127.0.0.1:{port}");
        let get = http::request("GET", "/sign-in", &host, "", "");
        let page = connection.exchange(&get).await?.expect(200)?;
        let cookie = page.header("set-cookie").next().context("no cookie")?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let csrf = hidden(page.text()?, "csrf")?.to_owned();
        Ok(Self {
            connection,
            host,
            cookie,
            csrf,
            number,
            guesses: 0,
        })
    }

    async fn guess(&mut self) -> Result<()> {
        self.guesses += 1;
        let (number, guess) = (self.number, self.guesses);
        let name = format!("nobody-{number}-{guess}");
        let fields = [
            ("username", name.as_str()),
            ("password", "a guess of a stranger"),
            ("csrf", &self.csrf),
        ];
        let posted = http::form("/sign-in", &self.host, &fields);
        let posted = with_header(posted, "cookie", &self.cookie);
        let from = format!("2001:db8:{number:x}:{guess:x}::1");
        let posted = with_header(posted, "x-forwarded-for", &from);
        // Too many at once are told so: that is an answer, too.
        self.connection.exchange(&posted).await?;
        Ok(())
    }
}
