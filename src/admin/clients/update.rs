//! `PATCH /clients/{client}`

use axum::Json;
use domain::client::ClientSettings;
use domain::value::ClientId;

use super::{Client, check_endpoint, load};
use crate::admin::input::{Patch, Path};
use crate::admin::operation::{Call, Operation, patch};
use crate::command::clients::UpdateClient;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    patch(
        "/clients/{client}",
        "clients.write",
        "update_client",
        "Changes settings of a client",
    )
    .by(handler)
}

async fn handler(
    call: Call,
    (Path(id), patch): (Path<ClientId>, Patch<ClientSettings>),
) -> Result<Json<Client>, ApiError> {
    call.execute(&UpdateClient {
        id: id.clone(),
        change: |settings: &ClientSettings| {
            let changed = patch.apply(settings)?;
            if changed.backchannel_logout_uri != settings.backchannel_logout_uri {
                check_endpoint(&call, &changed)?;
            }
            Ok(changed)
        },
    })
    .await?;
    Ok(Json(load(&call, &id).await?.into()))
}
