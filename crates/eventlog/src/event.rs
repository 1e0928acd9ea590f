//! An event, before and after it has its place in the log.

use uuid::Uuid;

use crate::{DbError, Row, Seq, Version};

/// How long an event is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Kept for as long as the log.
    Record,
    /// May be removed some time after its subject ended, see
    /// [`Log::remove_activity`](crate::Log::remove_activity).
    Activity,
}

impl Class {
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Record => 0,
            Self::Activity => 1,
        }
    }
}

/// An event that is to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Chosen by the caller, unique in the log.
    pub id: Uuid,
    /// What happened.
    pub kind: &'static str,
    /// Whose history it belongs to.
    pub subject: String,
    /// µs since 1970.
    pub time: i64,
    /// How long it is kept.
    pub class: Class,
    /// Never changes; holds nothing that a person may ask to have forgotten.
    pub data: Vec<u8>,
    /// What can be forgotten: at most one entry for each person.
    pub personal: Vec<(String, Vec<u8>)>,
}

/// An event in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its position in the log: in the order of commits.
    pub seq: Seq,
    /// Chosen by whoever appended it.
    pub id: Uuid,
    /// What happened.
    pub kind: String,
    /// Whose history it belongs to.
    pub subject: String,
    /// Its position in the subject's history.
    pub version: Version,
    /// µs since 1970.
    pub time: i64,
    /// How long it is kept.
    pub class: Class,
    /// As it was appended.
    pub data: Vec<u8>,
    /// What has not been forgotten of it, in the order of `person`.
    pub personal: Vec<Personal>,
}

/// What an event says about one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Personal {
    /// Whom it is about.
    pub person: String,
    /// As it was appended.
    pub data: Vec<u8>,
}

/// Reads events from rows of (seq, id, kind, subject, version, time, class, data, person,
/// personal data), ordered by position: one row for each person, or one if there is none.
pub(crate) fn from_rows(rows: &[Row]) -> Result<Vec<Event>, DbError> {
    let mut events: Vec<Event> = Vec::with_capacity(rows.len());
    for row in rows {
        let seq = row.int(0)?;
        if events.last().is_none_or(|last| last.seq != seq) {
            events.push(from_row(row, seq)?);
        }
        if let (Some(person), Some(event)) = (row.opt_text(8)?, events.last_mut()) {
            event.personal.push(Personal {
                person: person.to_owned(),
                data: row.bytes(9)?.to_vec(),
            });
        }
    }
    Ok(events)
}

fn from_row(row: &Row, seq: Seq) -> Result<Event, DbError> {
    let damaged = |what: &str| DbError::Value(format!("event {seq} has no valid {what}"));
    Ok(Event {
        seq,
        id: Uuid::from_slice(row.bytes(1)?).map_err(|_| damaged("id"))?,
        kind: row.text(2)?.to_owned(),
        subject: row.text(3)?.to_owned(),
        version: row.int(4)?,
        time: row.int(5)?,
        class: match row.int(6)? {
            0 => Class::Record,
            1 => Class::Activity,
            _ => return Err(damaged("class")),
        },
        data: row.bytes(7)?.to_vec(),
        personal: Vec::new(),
    })
}
