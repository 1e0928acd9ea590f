//! `GET /groups/{group}/children`

use domain::value::GroupId;

use super::{Group, load};
use crate::admin::answer::Page;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;
use crate::read::groups;

pub(super) fn operation() -> Operation {
    get(
        "/groups/{group}/children",
        "groups.read",
        "list_children",
        "Lists the groups whose members are members of this one, too",
    )
    .by(handler)
}

async fn handler(call: Call, Path(group): Path<GroupId>) -> Result<Page<Group>, ApiError> {
    load(&call, group).await?;
    let mut children = Vec::new();
    for (parent, child) in groups::nestings(&call.log).await? {
        if parent == group
            && let Some((child, _)) = groups::get(&call.log, child).await?
        {
            children.push(child.into());
        }
    }
    Ok(Page::whole(children))
}
