//! `DELETE /clients/{client}/secrets/{secret}`

use domain::value::{ClientId, RuleId};

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete};
use crate::command::clients::RemoveClientSecret;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    delete(
        "/clients/{client}/secrets/{secret}",
        "clients.write",
        "remove_secret",
        "Voids a secret of a client",
    )
    .by(handler)
}

async fn handler(
    call: Call,
    Path((id, secret)): Path<(ClientId, RuleId)>,
) -> Result<Done, ApiError> {
    call.execute(&RemoveClientSecret { id, secret }).await?;
    Ok(Done)
}
