//! Sessions, live and ended.

use domain::event::{Change, Event};
use domain::session::Session;
use domain::value::{SessionId, Timestamp, UserId};
use eventlog::{DbError, Log, Row, Value};

use super::{Effect, Placed, json, unreadable};

pub(super) fn project(change: &Change, placed: Placed, effect: &mut Effect) {
    match &change.event {
        Event::SessionStarted {
            session,
            user,
            amr,
            expires,
        } => {
            let personal = change.personal.as_ref().map(|(_, personal)| personal);
            effect.row(
                "INSERT INTO sessions (id, user_id, started, auth_time, amr, expires, ip, user_agent, version) \
                 VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8)",
                [
                    Value::from(session.to_string()),
                    user.to_string().into(),
                    placed.time.micros().into(),
                    json(amr).into(),
                    expires.micros().into(),
                    personal.and_then(|personal| personal.ip.as_deref()).into(),
                    personal.and_then(|personal| personal.user_agent.as_deref()).into(),
                    placed.version.into(),
                ],
            );
        }
        Event::SessionReauthenticated { session, amr, .. } => effect.row(
            "UPDATE sessions SET auth_time = $2, amr = $3, version = $4 WHERE id = $1",
            [
                Value::from(session.to_string()),
                placed.time.micros().into(),
                json(amr).into(),
                placed.version.into(),
            ],
        ),
        Event::SessionEnded {
            session, reason, ..
        } => effect.row(
            "UPDATE sessions SET ended = $2, end_reason = $3, version = $4 WHERE id = $1",
            [
                Value::from(session.to_string()),
                placed.time.micros().into(),
                json(reason).trim_matches('"').into(),
                placed.version.into(),
            ],
        ),
        _ => {}
    }
}

/// A live session and what is known about it besides.
pub struct SessionRow {
    /// The session.
    pub session: Session,
    /// The version of its subject.
    pub version: i64,
    /// When it started.
    pub started: Timestamp,
    /// When it was used last, where that was noted.
    pub used: Option<Timestamp>,
    /// When it ends if it is not used again.
    pub idle_expires: Option<Timestamp>,
    /// The network address that it was started from.
    pub ip: Option<String>,
    /// The user agent that it was started with.
    pub user_agent: Option<String>,
}

impl SessionRow {
    /// Whether its time is over, though the timer has not ended it yet.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.session.expires <= now || self.idle_expires.is_some_and(|at| at <= now)
    }
}

pub(super) fn from_row(row: &Row) -> Result<SessionRow, DbError> {
    let bad = |error: &dyn std::fmt::Display| unreadable("sessions", error);
    Ok(SessionRow {
        session: Session {
            id: SessionId::parse(row.text(0)?).map_err(|error| bad(&error))?,
            user: UserId::parse(row.text(1)?).map_err(|error| bad(&error))?,
            auth_time: Timestamp::from_micros(row.int(3)?),
            amr: serde_json::from_str(row.text(4)?).map_err(|error| bad(&error))?,
            expires: Timestamp::from_micros(row.int(5)?),
        },
        started: Timestamp::from_micros(row.int(2)?),
        version: row.int(6)?,
        used: row.opt_int(7)?.map(Timestamp::from_micros),
        ip: row.opt_text(8)?.map(str::to_owned),
        user_agent: row.opt_text(9)?.map(str::to_owned),
        idle_expires: row.opt_int(10)?.map(Timestamp::from_micros),
    })
}

/// One session that has not ended.
pub async fn get(log: &Log, session: SessionId) -> Result<Option<SessionRow>, DbError> {
    log.read_one(
        "SELECT s.id, s.user_id, s.started, s.auth_time, s.amr, s.expires, s.version, u.used, s.ip, s.user_agent, u.expires \
         FROM sessions s LEFT JOIN session_uses u ON u.session = s.id WHERE s.id = $1 AND s.ended IS NULL",
        &[session.to_string().into()],
    )
    .await?
    .as_ref()
    .map(from_row)
    .transpose()
}

/// The live session whose cookie has this SHA-256.
pub async fn by_secret(log: &Log, hash: &[u8]) -> Result<Option<SessionRow>, DbError> {
    log.read_one(
        "SELECT s.id, s.user_id, s.started, s.auth_time, s.amr, s.expires, s.version, u.used, s.ip, s.user_agent, u.expires \
         FROM session_secrets c JOIN sessions s ON s.id = c.session \
         LEFT JOIN session_uses u ON u.session = s.id WHERE c.hash = $1 AND s.ended IS NULL",
        &[hash.into()],
    )
    .await?
    .as_ref()
    .map(from_row)
    .transpose()
}

/// All live sessions of a user, newest first.
pub async fn of_user(log: &Log, user: UserId) -> Result<Vec<SessionRow>, DbError> {
    log.read(
        "SELECT s.id, s.user_id, s.started, s.auth_time, s.amr, s.expires, s.version, u.used, s.ip, s.user_agent, u.expires \
         FROM sessions s LEFT JOIN session_uses u ON u.session = s.id \
         WHERE s.user_id = $1 AND s.ended IS NULL ORDER BY s.started DESC, s.id",
        &[user.to_string().into()],
    )
    .await?
    .iter()
    .map(from_row)
    .collect()
}

/// A page of live sessions in the order of their ids, after an id.
pub async fn page(log: &Log, after: &str, limit: i64) -> Result<Vec<SessionRow>, DbError> {
    log.read(
        "SELECT s.id, s.user_id, s.started, s.auth_time, s.amr, s.expires, s.version, u.used, s.ip, s.user_agent, u.expires \
         FROM sessions s LEFT JOIN session_uses u ON u.session = s.id \
         WHERE s.id > $1 AND s.ended IS NULL ORDER BY s.id LIMIT CAST($2 AS BIGINT)",
        &[after.into(), limit.into()],
    )
    .await?
    .iter()
    .map(from_row)
    .collect()
}

/// When a session ends if it is not used again.
pub async fn idle_expires(log: &Log, session: SessionId) -> Result<Option<Timestamp>, DbError> {
    let row = log
        .read_one(
            "SELECT expires FROM session_uses WHERE session = $1",
            &[session.to_string().into()],
        )
        .await?;
    row.map(|row| row.int(0).map(Timestamp::from_micros))
        .transpose()
}

/// Sessions whose time is over, at most so many.
pub async fn due(log: &Log, now: Timestamp, limit: i64) -> Result<Vec<SessionId>, DbError> {
    let rows = log
        .read(
            "SELECT id FROM sessions WHERE ended IS NULL AND expires <= $1 \
             UNION SELECT s.id FROM session_uses u JOIN sessions s ON s.id = u.session \
             WHERE u.expires <= $1 AND s.ended IS NULL LIMIT CAST($2 AS BIGINT)",
            &[now.micros().into(), limit.into()],
        )
        .await?;
    rows.iter()
        .map(|row| SessionId::parse(row.text(0)?).map_err(|error| unreadable("sessions", error)))
        .collect()
}

/// Sessions that ended before a time, at most so many.
pub async fn ended_before(
    log: &Log,
    time: Timestamp,
    limit: i64,
) -> Result<Vec<SessionId>, DbError> {
    let rows = log
        .read(
            "SELECT id FROM sessions WHERE ended < $1 ORDER BY ended LIMIT CAST($2 AS BIGINT)",
            &[time.micros().into(), limit.into()],
        )
        .await?;
    rows.iter()
        .map(|row| SessionId::parse(row.text(0)?).map_err(|error| unreadable("sessions", error)))
        .collect()
}
