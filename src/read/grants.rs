//! Grants that tokens hang from, and consent given for good.

use domain::event::{Change, Event};
use domain::grant::{Consent, Grant};
use domain::value::{ClientId, GrantId, SessionId, Timestamp, UserId};
use eventlog::{DbError, Log, Row, Value};

use super::{Effect, Placed, json, unreadable};

pub(super) fn project(change: &Change, placed: Placed, effect: &mut Effect) {
    match &change.event {
        Event::ConsentGiven { user, client, granted } => effect.row(
            "INSERT INTO consents (user_id, client, granted, given, version) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (user_id, client) DO UPDATE SET granted = excluded.granted, \
             given = excluded.given, version = excluded.version",
            [
                Value::from(user.to_string()),
                client.as_str().into(),
                json(granted).into(),
                placed.time.micros().into(),
                placed.version.into(),
            ],
        ),
        Event::ConsentWithdrawn { user, client } => effect.row(
            // The row stays, empty: the next consent of the same person goes on counting versions.
            "UPDATE consents SET granted = $3, version = $4 WHERE user_id = $1 AND client = $2",
            [
                Value::from(user.to_string()),
                client.as_str().into(),
                json(&domain::grant::Granted::default()).into(),
                placed.version.into(),
            ],
        ),
        Event::GrantCreated { grant, user, client, session, granted, offline, expires } => effect.row(
            "INSERT INTO grants (id, user_id, client, session, granted, offline, created, expires, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            [
                Value::from(grant.to_string()),
                user.to_string().into(),
                client.as_str().into(),
                session.to_string().into(),
                json(granted).into(),
                (*offline).into(),
                placed.time.micros().into(),
                expires.micros().into(),
                placed.version.into(),
            ],
        ),
        Event::GrantRevoked { grant, reason, .. } => effect.row(
            "UPDATE grants SET revoked = $2, revoke_reason = $3, version = $4 WHERE id = $1",
            [
                Value::from(grant.to_string()),
                placed.time.micros().into(),
                json(reason).trim_matches('"').into(),
                placed.version.into(),
            ],
        ),
        _ => {}
    }
}

/// Ends all consent of a user who is gone.
pub(super) fn forget_consents_of(user: UserId, effect: &mut Effect) {
    effect.row(
        "DELETE FROM consents WHERE user_id = $1",
        [Value::from(user.to_string())],
    );
}

/// Ends all consent to a client that is gone: another may be registered under its id. The rows stay,
/// empty, and go on counting versions.
pub(super) fn void_consents_to(client: &ClientId, effect: &mut Effect) {
    effect.row(
        "UPDATE consents SET granted = $2 WHERE client = $1",
        [
            Value::from(client.as_str()),
            json(&domain::grant::Granted::default()).into(),
        ],
    );
}

/// A live grant and what is known about it besides.
pub struct GrantRow {
    /// The grant.
    pub grant: Grant,
    /// The version of its subject.
    pub version: i64,
    /// When it was given.
    pub created: Timestamp,
}

pub(super) fn from_row(row: &Row) -> Result<GrantRow, DbError> {
    let bad = |error: &dyn std::fmt::Display| unreadable("grants", error);
    Ok(GrantRow {
        grant: Grant {
            id: GrantId::parse(row.text(0)?).map_err(|error| bad(&error))?,
            user: UserId::parse(row.text(1)?).map_err(|error| bad(&error))?,
            client: ClientId::parse(row.text(2)?).map_err(|error| bad(&error))?,
            session: SessionId::parse(row.text(3)?).map_err(|error| bad(&error))?,
            granted: serde_json::from_str(row.text(4)?).map_err(|error| bad(&error))?,
            offline: row.bool(5)?,
            expires: Timestamp::from_micros(row.int(6)?),
        },
        version: row.int(7)?,
        created: Timestamp::from_micros(row.int(8)?),
    })
}

/// One grant that was not revoked.
pub async fn get(log: &Log, grant: GrantId) -> Result<Option<GrantRow>, DbError> {
    log.read_one(
        "SELECT id, user_id, client, session, granted, offline, expires, version, created \
         FROM grants WHERE id = $1 AND revoked IS NULL",
        &[grant.to_string().into()],
    )
    .await?
    .as_ref()
    .map(from_row)
    .transpose()
}

/// The live grants of a user.
pub async fn of_user(log: &Log, user: UserId) -> Result<Vec<GrantRow>, DbError> {
    log.read(
        "SELECT id, user_id, client, session, granted, offline, expires, version, created \
         FROM grants WHERE user_id = $1 AND revoked IS NULL ORDER BY id",
        &[user.to_string().into()],
    )
    .await?
    .iter()
    .map(from_row)
    .collect()
}

/// The clients that ever acted for a user, as far back as grants are kept.
pub async fn clients_of(log: &Log, user: UserId) -> Result<Vec<ClientId>, DbError> {
    let rows = log
        .read(
            "SELECT DISTINCT client FROM grants WHERE user_id = $1",
            &[user.to_string().into()],
        )
        .await?;
    rows.iter()
        .map(|row| ClientId::parse(row.text(0)?).map_err(|error| unreadable("grants", error)))
        .collect()
}

/// The clients that took part in a session, ended or not.
pub async fn clients_in(log: &Log, session: SessionId) -> Result<Vec<ClientId>, DbError> {
    let rows = log
        .read(
            "SELECT DISTINCT client FROM grants WHERE session = $1",
            &[session.to_string().into()],
        )
        .await?;
    rows.iter()
        .map(|row| ClientId::parse(row.text(0)?).map_err(|error| unreadable("grants", error)))
        .collect()
}

/// The live grants that were given in a session.
pub async fn of_session(log: &Log, session: SessionId) -> Result<Vec<GrantRow>, DbError> {
    log.read(
        "SELECT id, user_id, client, session, granted, offline, expires, version, created \
         FROM grants WHERE session = $1 AND revoked IS NULL ORDER BY id",
        &[session.to_string().into()],
    )
    .await?
    .iter()
    .map(from_row)
    .collect()
}

/// A page of live grants of a client in the order of their ids, after an id.
pub async fn of_client(
    log: &Log,
    client: &ClientId,
    after: &str,
    limit: i64,
) -> Result<Vec<GrantRow>, DbError> {
    log.read(
        "SELECT id, user_id, client, session, granted, offline, expires, version, created \
         FROM grants WHERE client = $1 AND id > $2 AND revoked IS NULL ORDER BY id LIMIT CAST($3 AS BIGINT)",
        &[client.as_str().into(), after.into(), limit.into()],
    )
    .await?
    .iter()
    .map(from_row)
    .collect()
}

/// A page of all live grants in the order of their ids, after an id.
pub async fn page(log: &Log, after: &str, limit: i64) -> Result<Vec<GrantRow>, DbError> {
    log.read(
        "SELECT id, user_id, client, session, granted, offline, expires, version, created \
         FROM grants WHERE id > $1 AND revoked IS NULL ORDER BY id LIMIT CAST($2 AS BIGINT)",
        &[after.into(), limit.into()],
    )
    .await?
    .iter()
    .map(from_row)
    .collect()
}

fn consent(row: &Row) -> Result<(Consent, i64, Timestamp), DbError> {
    let bad = |error: &dyn std::fmt::Display| unreadable("consents", error);
    let consent = Consent {
        user: UserId::parse(row.text(0)?).map_err(|error| bad(&error))?,
        client: ClientId::parse(row.text(1)?).map_err(|error| bad(&error))?,
        granted: serde_json::from_str(row.text(2)?).map_err(|error| bad(&error))?,
    };
    Ok((consent, row.int(3)?, Timestamp::from_micros(row.int(4)?)))
}

/// What a person allowed a client, its version, and when.
pub async fn get_consent(
    log: &Log,
    user: UserId,
    client: &ClientId,
) -> Result<Option<(Consent, i64, Timestamp)>, DbError> {
    log.read_one(
        "SELECT user_id, client, granted, version, given FROM consents WHERE user_id = $1 AND client = $2",
        &[user.to_string().into(), client.as_str().into()],
    )
    .await?
    .as_ref()
    .map(consent)
    .transpose()
}

/// All that a person allowed any client.
pub async fn consents_of(
    log: &Log,
    user: UserId,
) -> Result<Vec<(Consent, i64, Timestamp)>, DbError> {
    log.read(
        "SELECT user_id, client, granted, version, given FROM consents WHERE user_id = $1 ORDER BY client",
        &[user.to_string().into()],
    )
    .await?
    .iter()
    .map(consent)
    .collect()
}

/// All that people allowed a client, and the version of each.
pub async fn consents_to(log: &Log, client: &ClientId) -> Result<Vec<(Consent, i64)>, DbError> {
    log.read(
        "SELECT user_id, client, granted, version, given FROM consents WHERE client = $1 ORDER BY user_id",
        &[client.as_str().into()],
    )
    .await?
    .iter()
    .map(|row| consent(row).map(|(consent, version, _)| (consent, version)))
    .collect()
}

/// Grants whose time is over, at most so many.
pub async fn due(log: &Log, now: Timestamp, limit: i64) -> Result<Vec<GrantId>, DbError> {
    ids(
        log,
        "SELECT id FROM grants WHERE revoked IS NULL AND expires <= $1 LIMIT CAST($2 AS BIGINT)",
        now,
        limit,
    )
    .await
}

/// Grants that were revoked before a time, at most so many.
pub async fn revoked_before(
    log: &Log,
    time: Timestamp,
    limit: i64,
) -> Result<Vec<GrantId>, DbError> {
    ids(
        log,
        "SELECT id FROM grants WHERE revoked < $1 ORDER BY revoked LIMIT CAST($2 AS BIGINT)",
        time,
        limit,
    )
    .await
}

async fn ids(
    log: &Log,
    sql: &'static str,
    time: Timestamp,
    limit: i64,
) -> Result<Vec<GrantId>, DbError> {
    let rows = log.read(sql, &[time.micros().into(), limit.into()]).await?;
    rows.iter()
        .map(|row| GrantId::parse(row.text(0)?).map_err(|error| unreadable("grants", error)))
        .collect()
}
