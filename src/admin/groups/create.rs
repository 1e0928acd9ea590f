//! `POST /groups`

use domain::value::GroupId;

use super::{Group, GroupFields, load};
use crate::admin::answer::Created;
use crate::admin::input::Body;
use crate::admin::operation::{Call, Operation, post};
use crate::command::groups::CreateGroup;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    post("/groups", "groups.write", "create_group", "Creates a group").by(handler)
}

async fn handler(call: Call, Body(new): Body<GroupFields>) -> Result<Created<Group>, ApiError> {
    let id = GroupId::new(call.new_id());
    call.execute(&CreateGroup { id, name: new.name }).await?;
    Ok(Created(load(&call, id).await?))
}
