//! `PUT /streams/{stream}/status`: its receiver is told, by a stream-updated event.

use axum::Json;
use domain::stream::{StatusSetter, StreamStatus};
use domain::value::StreamId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Stream, load};
use crate::admin::input::{Body, Path};
use crate::admin::operation::{Call, Operation, put};
use crate::command::streams::SetStreamStatus;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    put(
        "/streams/{stream}/status",
        "streams.write",
        "set_stream_status",
        "Enables, pauses (what comes is held) or disables (what comes is dropped) a signal stream",
    )
    .by(handler)
}

/// A status to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewStatus {
    status: StreamStatus,
    /// Why, for the receiver: one line of at most 500 bytes.
    #[serde(default)]
    reason: Option<String>,
}

async fn handler(
    call: Call,
    (Path(id), Body(new)): (Path<StreamId>, Body<NewStatus>),
) -> Result<Json<Stream>, ApiError> {
    call.execute(&SetStreamStatus {
        id,
        of: None,
        status: new.status,
        reason: new.reason.filter(|reason| !reason.is_empty()),
        by: StatusSetter::Operator,
    })
    .await?;
    Ok(Json(load(&call, id).await?))
}
