//! `POST /users/{user}/disable`

use domain::user::DisableReason;
use domain::value::UserId;

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, post};
use crate::command::users::DisableUser;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    post(
        "/users/{user}/disable",
        "users.write",
        "disable_user",
        "Keeps a user out; their sessions and grants end",
    )
    .by(handler)
}

async fn handler(call: Call, Path(id): Path<UserId>) -> Result<Done, ApiError> {
    let reason = DisableReason::Administrative;
    call.execute(&DisableUser { id, reason }).await?;
    Ok(Done)
}
