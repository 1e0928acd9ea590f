//! Users and service accounts. Names and addresses are claimed, not searched for.

use domain::event::{Change, Event, Subject};
use domain::personal::Details;
use domain::user::{User, UserKind};
use domain::value::{Email, UserId, Username};
use eventlog::{DbError, Log, Row, Value};

use super::{Effect, Placed, json, unreadable};

/// Claim kind of usernames.
pub(crate) const USERNAME: &str = "username";
/// Claim kind of e-mail addresses.
pub(crate) const EMAIL: &str = "email";

pub(super) fn project(change: &Change, placed: Placed, effect: &mut Effect) {
    let details = change
        .personal
        .as_ref()
        .and_then(|(_, personal)| personal.details.as_ref());
    match &change.event {
        Event::UserCreated { user, kind } => {
            // Without details the person was erased since: their rows went, and stay gone.
            let Some(details) = details else { return };
            claim_names(*user, details, effect);
            effect.row(
                "INSERT INTO users (id, kind, enabled, has_password, must_change_password, username, \
                 details, created, updated, version) VALUES ($1, $2, 1, 0, 0, $3, $4, $5, $5, $6)",
                [
                    Value::from(user.to_string()),
                    kind_text(*kind).into(),
                    details.username.as_str().into(),
                    json(details).into(),
                    placed.time.micros().into(),
                    placed.version.into(),
                ],
            );
        }
        Event::UserUpdated { user, .. } => {
            let Some(details) = details else { return };
            effect.release_held_by(Subject::user(user).into_string());
            claim_names(*user, details, effect);
            effect.row(
                "UPDATE users SET username = $2, details = $3, updated = $4, version = $5 WHERE id = $1",
                [
                    Value::from(user.to_string()),
                    details.username.as_str().into(),
                    json(details).into(),
                    placed.time.micros().into(),
                    placed.version.into(),
                ],
            );
        }
        Event::UserDisabled { user, .. } => flag(
            "UPDATE users SET enabled = 0, updated = $2, version = $3 WHERE id = $1",
            *user,
            placed,
            effect,
        ),
        Event::UserEnabled { user } => flag(
            "UPDATE users SET enabled = 1, updated = $2, version = $3 WHERE id = $1",
            *user,
            placed,
            effect,
        ),
        Event::UserPasswordSet { user, must_change, .. } => effect.row(
            "UPDATE users SET has_password = 1, must_change_password = $4, updated = $2, version = $3 \
             WHERE id = $1",
            [
                Value::from(user.to_string()),
                placed.time.micros().into(),
                placed.version.into(),
                (*must_change).into(),
            ],
        ),
        Event::UserPasswordChangeRequired { user } => flag(
            "UPDATE users SET must_change_password = 1, updated = $2, version = $3 WHERE id = $1",
            *user,
            placed,
            effect,
        ),
        Event::UserPasswordRemoved { user } => flag(
            "UPDATE users SET has_password = 0, must_change_password = 0, updated = $2, version = $3 \
             WHERE id = $1",
            *user,
            placed,
            effect,
        ),
        Event::UserDeleted { user } => {
            effect.release_held_by(Subject::user(user).into_string());
            effect.row("DELETE FROM users WHERE id = $1", [Value::from(user.to_string())]);
            super::grants::forget_consents_of(*user, effect);
            effect.row(
                "INSERT INTO deleted_users (id, deleted, version) VALUES ($1, $2, $3)",
                [
                    Value::from(user.to_string()),
                    placed.time.micros().into(),
                    placed.version.into(),
                ],
            );
        }
        Event::UserErased { user } => {
            let user = Value::from(user.to_string());
            effect.row(
                "UPDATE sessions SET ip = NULL, user_agent = NULL WHERE user_id = $1",
                [user.clone()],
            );
            effect.row("DELETE FROM deleted_users WHERE id = $1", [user]);
        }
        _ => {}
    }
}

fn flag(sql: &'static str, user: UserId, placed: Placed, effect: &mut Effect) {
    effect.row(
        sql,
        [
            Value::from(user.to_string()),
            placed.time.micros().into(),
            placed.version.into(),
        ],
    );
}

fn claim_names(user: UserId, details: &Details, effect: &mut Effect) {
    let holder = Subject::user(&user).into_string();
    effect.take(USERNAME, details.username.as_str(), holder.clone());
    if let Some(email) = &details.email {
        effect.take(EMAIL, email.key(), holder);
    }
}

fn kind_text(kind: UserKind) -> &'static str {
    match kind {
        UserKind::Person => "person",
        UserKind::Service => "service",
    }
}

/// A user's row: the user, its version, when it was created and last changed (µs).
pub struct UserRow {
    /// The user.
    pub user: User,
    /// The version of its subject.
    pub version: i64,
    /// When it was created, in µs.
    pub created: i64,
    /// When it was changed last, in µs.
    pub updated: i64,
}

pub(super) fn from_row(row: &Row) -> Result<UserRow, DbError> {
    let details = serde_json::from_str(row.text(5)?).map_err(|error| unreadable("users", error))?;
    let user = User {
        id: UserId::parse(row.text(0)?).map_err(|error| unreadable("users", error))?,
        kind: match row.text(1)? {
            "service" => UserKind::Service,
            _ => UserKind::Person,
        },
        enabled: row.bool(2)?,
        has_password: row.bool(3)?,
        must_change_password: row.bool(4)?,
        details,
    };
    Ok(UserRow {
        user,
        version: row.int(6)?,
        created: row.int(7)?,
        updated: row.int(8)?,
    })
}

/// One user by id.
pub async fn get(log: &Log, user: UserId) -> Result<Option<UserRow>, DbError> {
    log.read_one(
        "SELECT id, kind, enabled, has_password, must_change_password, details, version, created, updated \
         FROM users WHERE id = $1",
        &[user.to_string().into()],
    )
    .await?
    .as_ref()
    .map(from_row)
    .transpose()
}

/// The user who holds this name.
pub async fn by_username(log: &Log, username: &Username) -> Result<Option<UserId>, DbError> {
    holder(log, USERNAME, username.as_str()).await
}

/// The user who holds this address.
pub async fn by_email(log: &Log, email: &Email) -> Result<Option<UserId>, DbError> {
    holder(log, EMAIL, &email.key()).await
}

async fn holder(log: &Log, kind: &'static str, key: &str) -> Result<Option<UserId>, DbError> {
    let row = log
        .read_one(
            "SELECT holder FROM claims WHERE kind = $1 AND key = $2",
            &[kind.into(), key.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let id = row.text(0)?.strip_prefix("user/").unwrap_or_default();
    UserId::parse(id)
        .map(Some)
        .map_err(|error| unreadable("claims", error))
}

/// A page of users in the order of their names, after a name.
pub async fn page(log: &Log, after: &str, limit: i64) -> Result<Vec<UserRow>, DbError> {
    log.read(
        "SELECT id, kind, enabled, has_password, must_change_password, details, version, created, updated \
         FROM users WHERE username > $1 ORDER BY username LIMIT CAST($2 AS BIGINT)",
        &[after.into(), limit.into()],
    )
    .await?
    .iter()
    .map(from_row)
    .collect()
}

/// The stored password hash (PHC form), where there is one.
pub async fn password(log: &Log, user: UserId) -> Result<Option<String>, DbError> {
    let row = log
        .read_one(
            "SELECT phc FROM passwords WHERE user_id = $1",
            &[user.to_string().into()],
        )
        .await?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}
