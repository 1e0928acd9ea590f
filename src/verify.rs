//! `chancery verify`: the log is folded into empty tables and these are compared with the real ones.
//!
//! Derived tables must be equal row by row; a secret must be there exactly where the derived tables say
//! that there is one.

use std::path::Path;

use domain::event::{Change, Event};
use domain::personal::Personal;
use domain::value::{Timestamp, UserId};
use eventlog::{Batch, DbError, Log, Options, Row};

use crate::migrations::MIGRATIONS;
use crate::read::tables::{Kind, TABLES};
use crate::read::{self, Placed};

/// How many events are folded in one commit.
const PAGE: usize = 500;

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
    let mut report = Report::default();
    let head = log.head().await?;
    let mut position = 0;
    while position < head {
        let page = log.after(position, PAGE).await?;
        let mut batch = Batch::default();
        for event in &page.events {
            let effect = read::project(
                &change(event)?,
                Placed {
                    version: event.version,
                    time: Timestamp::from_micros(event.time),
                },
            );
            batch.claims.extend(effect.claims);
            batch.rows.extend(effect.rows);
            report.events += 1;
        }
        rebuilt
            .append(batch)
            .await
            .map_err(|error| DbError::Value(format!("the log cannot be folded: {error}")))?;
        position = page.next;
    }
    for table in TABLES {
        match table.kind {
            Kind::Derived => {
                let expected = rebuilt.scan(table.select, Vec::new()).await?;
                let present = log.scan(table.select, Vec::new()).await?;
                report.rows += present.len();
                compare(table.name, &expected, &present, &mut report.differences);
            }
            Kind::Secret { expected, present } => {
                let expected = log.scan(expected, Vec::new()).await?;
                let present = log.scan(present, Vec::new()).await?;
                report.rows += present.len();
                compare(table.name, &expected, &present, &mut report.differences);
            }
            Kind::Ephemeral => {}
        }
    }
    Ok(report)
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

/// Walks two tables in key order and notes what is only in one of them, or differs.
fn compare(table: &str, expected: &[Row], present: &[Row], differences: &mut Vec<String>) {
    let (mut left, mut right) = (expected.iter().peekable(), present.iter().peekable());
    loop {
        match (left.peek(), right.peek()) {
            (Some(a), Some(b)) if a == b => {
                left.next();
                right.next();
            }
            (Some(a), Some(b)) if key(a) == key(b) => {
                differences.push(format!(
                    "{table}: {} differs from what the log says",
                    key(a)
                ));
                left.next();
                right.next();
            }
            (Some(a), b) if b.is_none_or(|b| key(a) < key(b)) => {
                differences.push(format!("{table}: {} is missing", key(a)));
                left.next();
            }
            (_, Some(b)) => {
                differences.push(format!("{table}: {} is not in the log", key(b)));
                right.next();
            }
            (_, None) => return,
        }
    }
}

/// What names a row: its first columns of text, as far as they are keys.
fn key(row: &Row) -> String {
    let columns: Vec<&str> = (0..2).map_while(|column| row.text(column).ok()).collect();
    columns.join(" ")
}
