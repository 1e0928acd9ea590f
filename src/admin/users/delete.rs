//! `DELETE /users/{user}`

use domain::value::UserId;

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete};
use crate::command::users::DeleteUser;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    delete(
        "/users/{user}",
        "users.write",
        "delete_user",
        "Deletes an account; its history stays until it is erased",
    )
    .by(handler)
}

async fn handler(call: Call, Path(id): Path<UserId>) -> Result<Done, ApiError> {
    call.execute(&DeleteUser { id }).await?;
    Ok(Done)
}
