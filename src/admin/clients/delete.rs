//! `DELETE /clients/{client}`

use domain::value::ClientId;

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete};
use crate::command::clients::DeleteClient;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    delete(
        "/clients/{client}",
        "clients.write",
        "delete_client",
        "Deletes a client with its secrets, grants and all that people allowed it",
    )
    .by(handler)
}

async fn handler(call: Call, Path(id): Path<ClientId>) -> Result<Done, ApiError> {
    call.execute(&DeleteClient { id }).await?;
    Ok(Done)
}
