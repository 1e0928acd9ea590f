//! `GET /streams/{stream}`

use axum::Json;
use domain::value::StreamId;

use super::{Stream, load};
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    get(
        "/streams/{stream}",
        "streams.read",
        "get_stream",
        "Reads a signal stream, and how it fares",
    )
    .by(handler)
}

async fn handler(call: Call, Path(id): Path<StreamId>) -> Result<Json<Stream>, ApiError> {
    Ok(Json(load(&call, id).await?))
}
