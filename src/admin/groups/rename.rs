//! `PATCH /groups/{group}`

use axum::Json;
use domain::value::GroupId;

use super::{Group, GroupFields, load};
use crate::admin::input::{Body, Path};
use crate::admin::operation::{Call, Operation, patch};
use crate::command::groups::RenameGroup;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    patch(
        "/groups/{group}",
        "groups.write",
        "rename_group",
        "Gives a group another name",
    )
    .by(handler)
}

async fn handler(
    call: Call,
    (Path(id), Body(GroupFields { name })): (Path<GroupId>, Body<GroupFields>),
) -> Result<Json<Group>, ApiError> {
    call.execute(&RenameGroup { id, name }).await?;
    Ok(Json(load(&call, id).await?))
}
