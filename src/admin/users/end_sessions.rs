//! `DELETE /users/{user}/sessions`

use domain::session::EndReason;
use domain::value::UserId;

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete};
use crate::command::sessions::EndSessions;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    delete(
        "/users/{user}/sessions",
        "sessions.write",
        "end_sessions_of_user",
        "Signs a user out everywhere",
    )
    .by(handler)
}

async fn handler(call: Call, Path(user): Path<UserId>) -> Result<Done, ApiError> {
    call.execute(&EndSessions {
        user,
        except: None,
        reason: EndReason::EndedByAdmin,
    })
    .await?;
    Ok(Done)
}
