//! `POST /users/{user}/erase`

use domain::value::UserId;

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, post};
use crate::command::users::EraseUser;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    post(
        "/users/{user}/erase",
        "users.write",
        "erase_user",
        "Forgets a deleted user: their personal values leave the history, too",
    )
    .by(handler)
}

async fn handler(call: Call, Path(id): Path<UserId>) -> Result<Done, ApiError> {
    call.execute(&EraseUser { id }).await?;
    Ok(Done)
}
