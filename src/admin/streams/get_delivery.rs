//! `GET /streams/{stream}/deliveries/{delivery}`

use axum::Json;
use domain::value::StreamId;

use super::Delivery;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, get};
use crate::command::streams::target;
use crate::delivery::letters;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    get(
        "/streams/{stream}/deliveries/{delivery}",
        "streams.read",
        "get_delivery",
        "Reads one event on its way, and what the receiver said to it",
    )
    .by(handler)
}

async fn handler(
    call: Call,
    Path((stream, id)): Path<(StreamId, String)>,
) -> Result<Json<Delivery>, ApiError> {
    let found = letters::get(&call.log, &target(stream), &id).await?;
    let (state, letter) = found.ok_or_else(|| ApiError::not_found("delivery"))?;
    Ok(Json(Delivery::new(state, letter, call.holds("users.read"))))
}
