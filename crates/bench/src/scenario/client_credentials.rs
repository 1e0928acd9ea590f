//! `client_credentials` to an ES256 JWT. Floor: parse the form, hash and compare the secret, sign.

use anyhow::Result;

use super::{Bench, CONNECTIONS};
use crate::compare::{Contender, compare};
use crate::http::form;
use crate::load::Same;
use crate::process::Process;
use crate::server::SECRET;

const LIMIT: f64 = 1.0 / 0.75;

pub(super) async fn run(bench: &mut Bench) -> Result<()> {
    let ours = bench.site("client-credentials")?.start(true)?;
    let floors = bench.floors("client-credentials")?;
    let mut contenders = vec![contender("client_credentials", &ours)];
    contenders.extend(floors.iter().map(|(name, floor)| contender(name, floor)));
    compare(
        &mut bench.report,
        bench.effort,
        &mut contenders,
        Some(LIMIT),
    )
    .await
}

fn contender<'a>(name: &str, process: &'a Process) -> Contender<'a, Same> {
    let talk = Same {
        request: request(process.port),
        proof: "\"access_token\":\"",
    };
    Contender::new(name, process, vec![talk; CONNECTIONS])
}

/// The request, the same for the server and its floor.
pub(super) fn request(port: u16) -> Vec<u8> {
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", "bench-machine"),
        ("client_secret", SECRET),
        ("resource", "https://jwt.example/"),
        ("scope", "read"),
    ];
    form("/token", &format!("127.0.0.1:{port}"), &fields)
}
