//! The tables that the log makes: one file per noun, each with its fold and its queries.
//!
//! [`project`] says what an event does to the tables and to the claims; it is the only writer of
//! derived tables. [`Reading`] loads what a decision needs and remembers the version of all of it.

pub mod apis;
pub mod clients;
pub mod grants;
pub mod groups;
mod reading;
pub mod realm;
pub mod sessions;
pub mod signals;
pub mod signing_keys;
pub mod streams;
pub mod tables;
pub mod users;

use domain::event::{Change, Event};
use domain::value::Timestamp;
use eventlog::{Claim, Statement, Value};

pub use reading::Reading;

/// Where an event stands: what the fold may know besides the event itself.
#[derive(Debug, Clone, Copy)]
pub struct Placed {
    /// The version of the event's subject after it.
    pub version: i64,
    /// When it happened.
    pub time: Timestamp,
}

/// What an event does to the state.
#[derive(Debug, Default)]
pub struct Effect {
    /// Names taken and given back, in order.
    pub claims: Vec<Claim>,
    /// Rows written, in order.
    pub rows: Vec<Statement>,
}

impl Effect {
    fn row(&mut self, sql: &'static str, args: impl Into<Vec<Value>>) {
        self.rows.push(Statement::new(sql, args));
    }

    fn take(&mut self, kind: &'static str, key: impl Into<String>, holder: String) {
        self.claims.push(Claim::Take {
            kind,
            key: key.into(),
            holder,
        });
    }

    fn release_held_by(&mut self, holder: String) {
        self.claims.push(Claim::ReleaseHeldBy { holder });
    }
}

/// Folds one event into the tables.
pub fn project(change: &Change, placed: Placed) -> Effect {
    let mut effect = Effect::default();
    let noun = change.event.kind().split('.').next().unwrap_or_default();
    match noun {
        "realm" => realm::project(change, placed, &mut effect),
        "user" => users::project(change, placed, &mut effect),
        "group" => groups::project(change, placed, &mut effect),
        "api" => apis::project(change, placed, &mut effect),
        "client" => clients::project(change, placed, &mut effect),
        "session" => sessions::project(change, placed, &mut effect),
        "consent" | "grant" => grants::project(change, placed, &mut effect),
        "signal" => signals::project(change, placed, &mut effect),
        "signing_key" => signing_keys::project(change, placed, &mut effect),
        "stream" => streams::project(change, placed, &mut effect),
        _ => {}
    }
    if is_configuration(&change.event) {
        effect.row("UPDATE config_head SET seq = $1 WHERE id = 1", [Value::Seq]);
    }
    effect
}

/// Whether nodes keep in memory what this event changes.
pub fn is_configuration(event: &Event) -> bool {
    if let Event::StreamSubjectAdded { .. } | Event::StreamSubjectRemoved { .. } = event {
        return false;
    }
    matches!(
        event.kind().split('.').next(),
        Some("realm" | "api" | "client" | "signing_key" | "stream")
    ) || matches!(
        event,
        Event::GroupNested { .. }
            | Event::GroupUnnested { .. }
            | Event::GroupCreated { .. }
            | Event::GroupRenamed { .. }
            | Event::GroupDeleted { .. }
    )
}

/// JSON text of a value of our own types, which always have one.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A row that this program wrote and cannot read back: the database was changed by hand.
pub(crate) fn unreadable(table: &'static str, error: impl std::fmt::Display) -> eventlog::DbError {
    eventlog::DbError::Value(format!("{table}: a row cannot be read: {error}"))
}
