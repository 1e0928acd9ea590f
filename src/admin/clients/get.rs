//! `GET /clients/{client}`

use axum::Json;
use domain::value::ClientId;

use super::{Client, load};
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    get(
        "/clients/{client}",
        "clients.read",
        "get_client",
        "Reads a client",
    )
    .by(handler)
}

async fn handler(call: Call, Path(client): Path<ClientId>) -> Result<Json<Client>, ApiError> {
    Ok(Json(load(&call, &client).await?.into()))
}
