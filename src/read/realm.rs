//! The realm's own row: its issuer.

use domain::event::{Change, Event};
use domain::value::Issuer;
use eventlog::{DbError, Log, Value};

use super::{Effect, Placed, unreadable};

pub(super) fn project(change: &Change, placed: Placed, effect: &mut Effect) {
    match &change.event {
        Event::RealmCreated { issuer } => effect.row(
            "INSERT INTO realm (id, issuer, created, version) VALUES (1, $1, $2, $3)",
            [
                Value::from(issuer.as_str()),
                placed.time.micros().into(),
                placed.version.into(),
            ],
        ),
        Event::RealmIssuerChanged { issuer } => effect.row(
            "UPDATE realm SET issuer = $1, version = $2 WHERE id = 1",
            [Value::from(issuer.as_str()), placed.version.into()],
        ),
        _ => {}
    }
}

/// The recorded issuer and the version of the realm, where there is one.
pub async fn issuer(log: &Log) -> Result<Option<(Issuer, i64)>, DbError> {
    let Some(row) = log
        .read_one("SELECT issuer, version FROM realm WHERE id = 1", &[])
        .await?
    else {
        return Ok(None);
    };
    let issuer = Issuer::parse(row.text(0)?).map_err(|error| unreadable("realm", error))?;
    Ok(Some((issuer, row.int(1)?)))
}
