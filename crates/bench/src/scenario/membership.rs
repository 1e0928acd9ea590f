//! A member is added through the admin API: to a group of 100 000, and to an empty one.

use anyhow::Result;

use super::Bench;
use crate::admin::Admin;
use crate::load::{Sample, median};
use crate::report::Verdict;

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
    let users = admin.errands(users.collect()).await?.1;
    let large = make_group(&admin, "large").await?;
    let (many, more) = users.split_at(LARGE);
    admin.errands(adds(&admin, &large, many)).await?;

    let (mut to_large, mut to_empty) = (Vec::new(), Vec::new());
    for (round, users) in more.chunks(TURN).enumerate() {
        let empty = make_group(&admin, &format!("empty-{round}")).await?;
        to_empty.push(admin.errands(adds(&admin, &empty, users)).await?.0);
        to_large.push(admin.errands(adds(&admin, &large, users)).await?.0);
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

fn adds(admin: &Admin<'_>, group: &str, users: &[String]) -> Vec<Vec<u8>> {
    let put = |user| admin.request("PUT", &format!("groups/{group}/members/{user}"), "{}");
    users.iter().map(put).collect()
}

async fn make_group(admin: &Admin<'_>, name: &str) -> Result<String> {
    admin
        .make("groups", &format!(r#"{{"name":"{name}"}}"#))
        .await
}
