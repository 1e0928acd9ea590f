//! Introspection of a person's access token, opaque and as a JWT. Floors: as many rows read by key and
//! a JSON answer; the same after one ES256 verification.

use anyhow::{Context as _, Result};

use super::{Bench, CONNECTIONS};
use crate::browser::Browser;
use crate::compare::{Contender, compare};
use crate::floor::{GRANTS, grant_id};
use crate::http::{Connection, form};
use crate::load::Same;
use crate::process::Process;
use crate::server::SECRET;

const LIMIT: f64 = 1.0 / 0.7;

pub(super) async fn run(bench: &mut Bench) -> Result<()> {
    let ours = bench.site("introspection")?.start(true)?;
    let floors = bench.floors("introspection")?;
    for (name, api, path) in [
        (
            "introspection, opaque",
            "https://opaque.example/",
            "/introspect/row",
        ),
        (
            "introspection, JWT",
            "https://jwt.example/",
            "/introspect/jwt",
        ),
    ] {
        let mut browser = Browser::open(ours.port).await?;
        let mut tokens = Vec::new();
        for _ in 0..CONNECTIONS {
            tokens.push(browser.tokens(api, "read").await?.access_token);
        }
        let asks = tokens
            .iter()
            .map(|token| ask(ours.port, "/introspect", api, token));
        let mut contenders = vec![Contender::new(name, &ours, asks)];
        for (name, floor) in &floors {
            let mut tokens = Vec::new();
            for grant in 0..GRANTS {
                tokens.push(match path {
                    "/introspect/row" => grant_id(grant),
                    _ => floor_token(floor, grant).await?,
                });
            }
            let asks = tokens.iter().map(|token| ask(floor.port, path, api, token));
            contenders.push(Contender::new(*name, floor, asks));
        }
        compare(
            &mut bench.report,
            bench.effort,
            &mut contenders,
            Some(LIMIT),
        )
        .await?;
    }
    Ok(())
}

fn ask(port: u16, path: &str, api: &str, token: &str) -> Same {
    let fields = [
        ("client_id", api),
        ("client_secret", SECRET),
        ("token", token),
    ];
    Same {
        request: form(path, &format!("127.0.0.1:{port}"), &fields),
        proof: "\"active\":true",
    }
}

/// A JWT of the floor's own.
async fn floor_token(floor: &Process, grant: u128) -> Result<String> {
    let fields = [
        ("client_id", "bench-web"),
        ("client_secret", SECRET),
        ("resource", "https://jwt.example/"),
        ("scope", "read"),
        ("grant", &grant_id(grant)),
    ];
    let request = form("/token", "floor", &fields);
    let mut connection = Connection::open(floor.port).await?;
    let answer = connection.exchange(&request).await?.expect(200)?;
    let token = answer.member("access_token").context("no access token")?;
    Ok(token.to_owned())
}
