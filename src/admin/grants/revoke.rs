//! `DELETE /grants/{grant}`

use domain::grant::RevokeReason;
use domain::value::GrantId;

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete};
use crate::command::grants::RevokeGrant;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    delete(
        "/grants/{grant}",
        "grants.write",
        "revoke_grant",
        "Revokes a grant: its refresh tokens and, where they are introspected, its access tokens",
    )
    .by(handler)
}

async fn handler(call: Call, Path(id): Path<GrantId>) -> Result<Done, ApiError> {
    let reason = RevokeReason::RevokedByAdmin;
    call.execute(&RevokeGrant { id, reason }).await?;
    Ok(Done)
}
