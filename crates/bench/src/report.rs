//! What was measured, as Markdown: one table of servers under load, one of limits.

use std::fmt::Write as _;

use crate::load::Sample;

/// All results of a run.
#[derive(Default)]
pub struct Report {
    rows: String,
    verdicts: String,
    broken: usize,
}

/// A figure, and the most that it may be.
pub struct Verdict {
    /// What was measured.
    pub what: String,
    /// The figure.
    pub measured: f64,
    /// The most that it may be, where that was promised.
    pub limit: Option<f64>,
    /// Of both.
    pub unit: &'static str,
}

impl Report {
    /// A server under load.
    pub fn row(&mut self, name: &str, sample: Sample) {
        let Sample {
            per_second,
            cpu,
            p50,
            p99,
        } = sample;
        let row = format!("| {name} | {per_second:.0} | {cpu:.1} | {p50:.2} | {p99:.2} |");
        println!("{row}");
        let _ = writeln!(self.rows, "{row}");
    }

    /// A figure against its limit.
    pub fn verdict(&mut self, verdict: Verdict) {
        let Verdict {
            what,
            measured,
            limit,
            unit,
        } = verdict;
        let (limit, met) = match limit {
            None => (String::new(), "reported"),
            Some(limit) if measured <= limit => (format!("{limit:.2} {unit}"), "met"),
            Some(limit) => {
                self.broken += 1;
                (format!("{limit:.2} {unit}"), "NOT MET")
            }
        };
        let row = format!("| {what} | {measured:.2} {unit} | {limit} | {met} |");
        println!("{row}");
        let _ = writeln!(self.verdicts, "{row}");
    }

    /// Prints both tables; tells whether every limit was met.
    pub fn finish(self) -> bool {
        println!(
            "\n| server | req/s | CPU µs/req | p50 ms | p99 ms |\n| --- | --: | --: | --: | --: |"
        );
        println!("{}", self.rows);
        println!(
            "| what | measured | at most | |\n| --- | --: | --: | --- |\n{}",
            self.verdicts
        );
        self.broken == 0
    }
}
