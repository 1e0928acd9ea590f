//! Size and start: the release binary, the first answer of a second start, memory when nothing is asked.

use std::time::Duration;

use anyhow::Result;

use super::Bench;
use crate::load::median;
use crate::report::Verdict;

const MIB: f64 = 1024.0 * 1024.0;

/// How long a server is left alone before its memory is looked at.
const IDLE: Duration = Duration::from_secs(3);

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
#[expect(clippy::disallowed_methods, reason = "to be idle is to wait")]
pub(super) fn run(bench: &mut Bench) -> Result<()> {
    let site = bench.site("footprint")?;
    let first = site.start(true)?;
    let first_start = first.started_in.as_secs_f64() * 1000.0;
    first.stop()?;
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..bench.effort.rounds {
        let server = site.start(false)?;
        starts.push(server.started_in.as_secs_f64() * 1000.0);
        std::thread::sleep(IDLE);
        memory.push(server.anonymous_memory()? as f64 / MIB);
        server.stop()?;
    }
    let binary = std::fs::metadata(&bench.binary)?.len() as f64 / MIB;
    for (what, measured, limit, unit) in [
        (
            "first start, realm applied, to the first answer",
            first_start,
            None,
            "ms",
        ),
        (
            "second start to the first answer",
            median(starts),
            Some(150.0),
            "ms",
        ),
        ("anonymous memory, idle", median(memory), Some(30.0), "MiB"),
        ("release binary", binary, Some(30.0), "MiB"),
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
