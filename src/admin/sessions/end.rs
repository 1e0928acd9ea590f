//! `DELETE /sessions/{session}`

use domain::session::EndReason;
use domain::value::SessionId;

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete};
use crate::command::sessions::EndSession;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    delete(
        "/sessions/{session}",
        "sessions.write",
        "end_session",
        "Ends a session, with the grants that do not outlive it",
    )
    .by(handler)
}

async fn handler(call: Call, Path(id): Path<SessionId>) -> Result<Done, ApiError> {
    call.execute(&EndSession {
        id,
        of: None,
        reason: EndReason::EndedByAdmin,
    })
    .await?;
    Ok(Done)
}
