//! `chancery verify`: the log is folded into empty tables and these are compared with the real ones.
//!
//! Derived tables must be equal row by row; a secret must be there exactly where the derived tables say
//! that there is one. Both sides are read in pages, in the order of their keys.

use std::cmp::Ordering;
use std::iter::{self, Peekable};
use std::path::Path;

use domain::event::{Change, Event};
use domain::personal::Personal;
use domain::value::{Timestamp, UserId};
use eventlog::{Batch, DbError, Log, Options, Row, Seq, Value};

use crate::migrations::MIGRATIONS;
use crate::read::tables::{Kind, Scan, TABLES};
use crate::read::{self, Placed};

/// How many events are folded in one commit, and rows read at once.
const PAGE: usize = 500;

/// How often the comparison is made where the log goes on under it.
const ATTEMPTS: usize = 3;

/// What verify found.
#[derive(Debug, Default)]
pub struct Report {
    /// How many events were folded.
    pub events: u64,
    /// How many rows were compared.
    pub rows: usize,
    /// What differs, a sentence each.
    pub differences: Vec<String>,
}

/// Compares the state with its log. `scratch` is an empty folder for the rebuilt tables.
pub async fn verify(log: &Log, scratch: &Path) -> Result<Report, DbError> {
    let file = scratch.join("verify.db").display().to_string();
    let rebuilt = Log::open(Options::new(format!("sqlite:{file}"), MIGRATIONS)).await?;
    let (mut events, mut position, mut attempt) = (0, 0, 0);
    loop {
        attempt += 1;
        let head = log.head().await?;
        while position < head {
            let (next, folded) = fold(log, &rebuilt, position).await?;
            position = next;
            events += folded;
        }
        let mut report = Report {
            events,
            ..Report::default()
        };
        compare_all(log, &rebuilt, &mut report).await?;
        // What was written while the tables were read differs only until it is folded, too.
        let at_rest = position == log.head().await?;
        if report.differences.is_empty() || at_rest || attempt == ATTEMPTS {
            return Ok(report);
        }
    }
}

/// Folds a page of the log; says where the next one begins and how many events were in this one.
async fn fold(log: &Log, rebuilt: &Log, position: Seq) -> Result<(Seq, u64), DbError> {
    let page = log.after(position, PAGE).await?;
    let mut batch = Batch::default();
    let mut events = 0;
    for event in &page.events {
        let placed = Placed {
            version: event.version,
            time: Timestamp::from_micros(event.time),
        };
        let effect = read::project(&change(event)?, placed);
        batch.claims.extend(effect.claims);
        batch.rows.extend(effect.rows);
        events += 1;
    }
    rebuilt
        .append(batch)
        .await
        .map_err(|error| DbError::Value(format!("the log cannot be folded: {error}")))?;
    Ok((page.next, events))
}

async fn compare_all(log: &Log, rebuilt: &Log, report: &mut Report) -> Result<(), DbError> {
    for table in TABLES {
        let (expected, present) = match table.kind {
            Kind::Derived(scan) => (Side::new(rebuilt, scan), Side::new(log, scan)),
            Kind::Secret { expected, present } => {
                (Side::owed(log, expected), Side::new(log, present))
            }
            Kind::Ephemeral => continue,
        };
        compare(table.name, expected, present, report).await?;
    }
    Ok(())
}

/// The change that a recorded event stands for.
pub fn change(event: &eventlog::Event) -> Result<Change, DbError> {
    let unreadable = |reason: String| DbError::Value(format!("event {}: {reason}", event.seq));
    let decoded =
        Event::decode(&event.kind, &event.data).map_err(|error| unreadable(error.to_string()))?;
    let personal = event.personal.first().map(|row| {
        let user = UserId::parse(&row.person).map_err(|error| unreadable(error.to_string()))?;
        let values: Personal =
            serde_json::from_slice(&row.data).map_err(|error| unreadable(error.to_string()))?;
        Ok((user, values))
    });
    Ok(Change {
        event: decoded,
        personal: personal.transpose()?,
    })
}

/// Walks both sides in the order of their keys and notes what is on one of them only, or differs.
async fn compare(
    table: &str,
    mut expected: Side<'_>,
    mut present: Side<'_>,
    report: &mut Report,
) -> Result<(), DbError> {
    loop {
        let order = match (expected.next_key().await?, present.next_key().await?) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => left.cmp(&right),
        };
        let left = expected.rows.next_if(|_| order.is_le());
        let right = present.rows.next_if(|_| order.is_ge());
        report.rows += usize::from(right.is_some());
        let (row, what) = match (left, right) {
            (Some(left), Some(right)) if left == right => continue,
            (Some(_), Some(row)) => (row, "differs from what the log says"),
            (Some(row), None) => (row, "is missing"),
            (None, Some(row)) => (row, "is not in the log"),
            (None, None) => continue,
        };
        let key = present.scan.key(&row)?.join(" ");
        report.differences.push(format!("{table}: {key} {what}"));
    }
}

/// One side of a comparison: rows in the order of their keys, read as they are needed.
struct Side<'a> {
    log: &'a Log,
    scan: Scan,
    /// Which of the rows that are read count.
    counts: fn(&Row) -> bool,
    rows: Peekable<std::vec::IntoIter<Row>>,
    /// The key that the next page begins with; none after the last.
    next: Option<Vec<Value>>,
}

impl<'a> Side<'a> {
    fn new(log: &'a Log, scan: Scan) -> Self {
        Self {
            log,
            scan,
            counts: |_| true,
            rows: Vec::new().into_iter().peekable(),
            // No key is less than one of empty texts.
            next: Some(vec!["".into(); scan.keys]),
        }
    }

    /// The rows whose column after the key is not 0.
    fn owed(log: &'a Log, scan: Scan) -> Self {
        Self {
            counts: |row| row.int(1) != Ok(0),
            ..Self::new(log, scan)
        }
    }

    /// The key of the next row, where there is one.
    async fn next_key(&mut self) -> Result<Option<Vec<&str>>, DbError> {
        while self.rows.peek().is_none()
            && let Some(first) = self.next.take()
        {
            let limit = i64::try_from(PAGE).unwrap_or(i64::MAX) + 1;
            let args = iter::once(limit.into()).chain(first).collect();
            let mut page = self.log.scan(self.scan.sql, args).await?;
            if page.len() > PAGE
                && let Some(beyond) = page.pop()
            {
                let key = self.scan.key(&beyond)?;
                self.next = Some(key.into_iter().map(Value::from).collect());
            }
            page.retain(self.counts);
            self.rows = page.into_iter().peekable();
        }
        let scan = self.scan;
        self.rows.peek().map(|row| scan.key(row)).transpose()
    }
}
