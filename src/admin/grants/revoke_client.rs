//! `DELETE /users/{user}/consents/{client}`

use domain::grant::RevokeReason;
use domain::value::{ClientId, UserId};

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete};
use crate::command::grants::RevokeClient;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    delete(
        "/users/{user}/consents/{client}",
        "grants.write",
        "revoke_client_for_user",
        "Takes back all that a person allowed a client: consent and grants",
    )
    .by(handler)
}

async fn handler(
    call: Call,
    Path((user, client)): Path<(UserId, ClientId)>,
) -> Result<Done, ApiError> {
    let reason = RevokeReason::RevokedByAdmin;
    call.execute(&RevokeClient {
        user,
        client,
        reason,
    })
    .await?;
    Ok(Done)
}
