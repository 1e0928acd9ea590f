//! Signing keys and the phase each is in.

use domain::event::{Change, Event};
use domain::signing_key::{Phase, SigningKey};
use domain::value::{SigningAlg, Timestamp};
use eventlog::{DbError, Log, Row, Value};

use super::{Effect, Placed, unreadable};

pub(super) fn project(change: &Change, placed: Placed, effect: &mut Effect) {
    let phase = match &change.event {
        Event::SigningKeyCreated { kid, alg } => {
            effect.row(
                "INSERT INTO signing_keys (kid, alg, phase, since, version) VALUES ($1, $2, 'next', $3, $4)",
                [
                    Value::from(kid.as_str()),
                    alg.as_str().into(),
                    placed.time.micros().into(),
                    placed.version.into(),
                ],
            );
            return;
        }
        Event::SigningKeyRemoved { kid } => {
            effect.row(
                "DELETE FROM signing_keys WHERE kid = $1",
                [Value::from(kid.as_str())],
            );
            return;
        }
        Event::SigningKeyActivated { kid } => (kid, "active"),
        Event::SigningKeyRetired { kid } => (kid, "retired"),
        _ => return,
    };
    effect.row(
        "UPDATE signing_keys SET phase = $2, since = $3, version = $4 WHERE kid = $1",
        [
            Value::from(phase.0.as_str()),
            phase.1.into(),
            placed.time.micros().into(),
            placed.version.into(),
        ],
    );
}

fn from_row(row: &Row) -> Result<(SigningKey, i64), DbError> {
    let key = SigningKey {
        kid: row.text(0)?.to_owned(),
        alg: SigningAlg::parse(row.text(1)?).map_err(|error| unreadable("signing_keys", error))?,
        phase: match row.text(2)? {
            "next" => Phase::Next,
            "active" => Phase::Active,
            _ => Phase::Retired,
        },
        since: Timestamp::from_micros(row.int(3)?),
    };
    Ok((key, row.int(4)?))
}

/// All published keys, with the versions of their subjects.
pub async fn all(log: &Log) -> Result<Vec<(SigningKey, i64)>, DbError> {
    log.read(
        "SELECT kid, alg, phase, since, version FROM signing_keys ORDER BY kid",
        &[],
    )
    .await?
    .iter()
    .map(from_row)
    .collect()
}

/// The sealed private parts: (kid, sealed PKCS#8).
pub async fn material(log: &Log) -> Result<Vec<(String, Vec<u8>)>, DbError> {
    log.read(
        "SELECT kid, sealed FROM signing_key_material ORDER BY kid",
        &[],
    )
    .await?
    .iter()
    .map(|row| Ok((row.text(0)?.to_owned(), row.bytes(1)?.to_owned())))
    .collect()
}
