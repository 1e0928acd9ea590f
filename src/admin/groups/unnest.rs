//! `DELETE /groups/{group}/children/{child}`

use domain::value::GroupId;

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete};
use crate::command::groups::UnnestGroup;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    delete(
        "/groups/{group}/children/{child}",
        "groups.write",
        "unnest_group",
        "Ends a nesting",
    )
    .by(handler)
}

async fn handler(
    call: Call,
    Path((parent, child)): Path<(GroupId, GroupId)>,
) -> Result<Done, ApiError> {
    call.execute(&UnnestGroup { parent, child }).await?;
    Ok(Done)
}
