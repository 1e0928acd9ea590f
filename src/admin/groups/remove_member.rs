//! `DELETE /groups/{group}/members/{user}`

use domain::value::{GroupId, UserId};

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete};
use crate::command::groups::RemoveMember;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    delete(
        "/groups/{group}/members/{user}",
        "groups.write",
        "remove_member",
        "Ends a direct membership",
    )
    .by(handler)
}

async fn handler(
    call: Call,
    Path((group, user)): Path<(GroupId, UserId)>,
) -> Result<Done, ApiError> {
    call.execute(&RemoveMember { group, user }).await?;
    Ok(Done)
}
