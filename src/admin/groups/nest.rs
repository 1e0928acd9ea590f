//! `PUT /groups/{group}/children/{child}`

use domain::value::GroupId;

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, put};
use crate::command::groups::NestGroup;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    put(
        "/groups/{group}/children/{child}",
        "groups.write",
        "nest_group",
        "Makes the members of one group members of another, too",
    )
    .by(handler)
}

async fn handler(
    call: Call,
    Path((parent, child)): Path<(GroupId, GroupId)>,
) -> Result<Done, ApiError> {
    call.execute(&NestGroup { parent, child }).await?;
    Ok(Done)
}
