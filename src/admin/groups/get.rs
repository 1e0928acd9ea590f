//! `GET /groups/{group}`

use axum::Json;
use domain::value::GroupId;

use super::{Group, load};
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    get(
        "/groups/{group}",
        "groups.read",
        "get_group",
        "Reads a group",
    )
    .by(handler)
}

async fn handler(call: Call, Path(group): Path<GroupId>) -> Result<Json<Group>, ApiError> {
    Ok(Json(load(&call, group).await?))
}
