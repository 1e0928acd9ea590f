//! The file as it was applied last, without secrets, for the three-way merge: one row.
//!
//! It names people, so what it says of somebody goes when they are erased.

use std::collections::BTreeSet;

use domain::event::Subject;
use domain::value::{UserId, Username};
use eventlog::{DbError, Log, Statement, Value};

use super::document::Document;
use super::running::user_fields;
use crate::execute::Refused;
use crate::read;
use crate::verify::change;

/// How many events of a person are read at once.
const PAGE: usize = 100;

/// The document that was applied last.
pub(super) async fn stored(log: &Log) -> Result<Option<String>, DbError> {
    let row = log
        .read_one("SELECT document FROM applied_realm WHERE id = 1", &[])
        .await?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// Keeps the document for the next merge, on condition that nobody else did since it was read.
pub(super) fn remember(stored: Option<&str>, document: &str) -> Option<Statement> {
    let row = match stored {
        Some(stored) if stored == document => return None,
        Some(stored) => Statement::new(
            "UPDATE applied_realm SET document = $1 WHERE id = 1 AND document = $2",
            [Value::from(document), stored.into()],
        ),
        None => Statement::new(
            "INSERT INTO applied_realm (id, document) VALUES (1, $1) ON CONFLICT (id) DO NOTHING",
            [Value::from(document)],
        ),
    };
    Some(row.exactly(1))
}

/// The document, as it was stored, for a merge.
pub(super) fn read(stored: Option<&str>) -> Result<Document, Refused> {
    stored.map_or(Ok(Document::default()), |text| {
        Document::from_json(text)
            .map_err(|error| Refused::Internal(format!("applied_realm: {error}")))
    })
}

/// Takes out what the document says of a user under any name they ever had, on condition that nobody
/// applied a file meanwhile. None where it says nothing of them.
pub(crate) async fn forget(log: &Log, user: UserId) -> Result<Option<Statement>, Refused> {
    let Some(stored) = stored(log).await? else {
        return Ok(None);
    };
    let mut document = read(Some(&stored))?;
    for name in names_of(log, user).await? {
        let heir = match read::users::by_username(log, &name).await? {
            Some(heir) => read::users::get(log, heir).await?,
            None => None,
        };
        let heir = heir.map(|row| user_fields(&row.user));
        document.forget_user(name.as_str(), heir.as_ref());
    }
    Ok(remember(Some(&stored), &document.to_json()))
}

/// Every username that a user ever had, as long as they are not erased.
async fn names_of(log: &Log, user: UserId) -> Result<BTreeSet<Username>, DbError> {
    let subject = Subject::user(&user);
    let mut names = BTreeSet::new();
    let mut version = 0;
    loop {
        let events = log.subject(subject.as_str(), version, PAGE).await?;
        let Some(last) = events.last() else {
            return Ok(names);
        };
        version = last.version;
        for event in &events {
            let details = change(event)?
                .personal
                .and_then(|(_, values)| values.details);
            names.extend(details.map(|details| details.username));
        }
    }
}
