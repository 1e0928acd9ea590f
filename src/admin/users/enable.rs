//! `POST /users/{user}/enable`

use domain::value::UserId;

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, post};
use crate::command::users::EnableUser;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    post(
        "/users/{user}/enable",
        "users.write",
        "enable_user",
        "Lets a user in again",
    )
    .by(handler)
}

async fn handler(call: Call, Path(id): Path<UserId>) -> Result<Done, ApiError> {
    call.execute(&EnableUser { id }).await?;
    Ok(Done)
}
