//! Users and service accounts.

mod create;
mod delete;
mod disable;
mod enable;
mod end_sessions;
mod erase;
mod get;
mod groups;
mod list;
mod require_password_change;
mod set_password;
mod update;

use domain::personal::Details;
use domain::user::UserKind;
use domain::value::UserId;
use serde::Serialize;
use utoipa::ToSchema;

use super::Operation;
use super::answer::Time;
use super::operation::Call;
use crate::error::ApiError;
use crate::read;
use crate::read::users::UserRow;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        list::operation(),
        create::operation(),
        get::operation(),
        update::operation(),
        disable::operation(),
        enable::operation(),
        delete::operation(),
        erase::operation(),
        set_password::operation(),
        require_password_change::operation(),
        groups::operation(),
        end_sessions::operation(),
    ]
}

/// A person or service account.
#[derive(Serialize, ToSchema)]
struct User {
    id: UserId,
    kind: UserKind,
    /// Whether they may sign in.
    enabled: bool,
    /// Whether they have a password.
    has_password: bool,
    /// Whether they must choose another password when they sign in next.
    must_change_password: bool,
    #[serde(flatten)]
    details: Details,
    created: Time,
    updated: Time,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.user.id,
            kind: row.user.kind,
            enabled: row.user.enabled,
            has_password: row.user.has_password,
            must_change_password: row.user.must_change_password,
            details: row.user.details,
            created: Time::from_micros(row.created),
            updated: Time::from_micros(row.updated),
        }
    }
}

async fn load(call: &Call, user: UserId) -> Result<User, ApiError> {
    let row = read::users::get(&call.log, user).await?;
    row.map(User::from)
        .ok_or_else(|| ApiError::not_found("user"))
}
