//! `GET /clients/{client}/secrets`: which there are; none is shown again.

use domain::value::{ClientId, RuleId};
use serde::Serialize;
use utoipa::ToSchema;

use super::load;
use crate::admin::answer::{Page, Time};
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;
use crate::read::clients;

pub(super) fn operation() -> Operation {
    get(
        "/clients/{client}/secrets",
        "clients.read",
        "list_secrets",
        "Lists which secrets a client has",
    )
    .by(handler)
}

/// A secret, without the secret.
#[derive(Serialize, ToSchema)]
struct ClientSecret {
    /// Names it among the client's secrets.
    id: RuleId,
    added: Time,
}

async fn handler(call: Call, Path(client): Path<ClientId>) -> Result<Page<ClientSecret>, ApiError> {
    load(&call, &client).await?;
    let secrets = clients::dated_secrets_of(&call.log, &client)
        .await?
        .into_iter();
    Ok(Page::whole(secrets.map(|(id, added)| ClientSecret {
        id,
        added: Time(added),
    })))
}
