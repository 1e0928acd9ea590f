//! `DELETE /groups/{group}`

use domain::value::GroupId;

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete};
use crate::command::groups::DeleteGroup;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    delete(
        "/groups/{group}",
        "groups.write",
        "delete_group",
        "Deletes a group with its memberships and nestings; rules that name it go first",
    )
    .by(handler)
}

async fn handler(call: Call, Path(id): Path<GroupId>) -> Result<Done, ApiError> {
    call.execute(&DeleteGroup { id }).await?;
    Ok(Done)
}
