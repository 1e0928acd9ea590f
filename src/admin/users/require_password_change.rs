//! `POST /users/{user}/require-password-change`

use domain::value::UserId;

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, post};
use crate::command::users::RequirePasswordChange;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    post(
        "/users/{user}/require-password-change",
        "credentials.write",
        "require_password_change",
        "Demands another password at the next sign-in",
    )
    .by(handler)
}

async fn handler(call: Call, Path(id): Path<UserId>) -> Result<Done, ApiError> {
    call.execute(&RequirePasswordChange { id }).await?;
    Ok(Done)
}
