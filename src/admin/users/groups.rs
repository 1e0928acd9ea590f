//! `GET /users/{user}/groups`: those they were added to, and all that follow by nesting.

use std::collections::BTreeMap;

use domain::policy::nesting;
use domain::value::{GroupId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::load;
use crate::admin::answer::{Page, Time};
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;
use crate::read::groups;

pub(super) fn operation() -> Operation {
    get(
        "/users/{user}/groups",
        "groups.read",
        "list_groups_of_user",
        "Lists the groups that a user is in, directly or by nesting",
    )
    .by(handler)
}

/// A group that a user is in.
#[derive(Serialize, ToSchema)]
struct GroupOfUser {
    id: GroupId,
    name: String,
    /// Whether they are in it themself, not by nesting alone.
    direct: bool,
    /// When the direct membership ends by itself.
    expires: Option<Time>,
}

async fn handler(call: Call, Path(user): Path<UserId>) -> Result<Page<GroupOfUser>, ApiError> {
    load(&call, user).await?;
    let now = call.now();
    let direct: BTreeMap<_, _> = groups::memberships_of(&call.log, user)
        .await?
        .into_iter()
        .map(|(membership, _)| (membership.group, membership.expires))
        .filter(|(_, expires)| expires.is_none_or(|at| at > now))
        .collect();
    let nestings = groups::nestings(&call.log).await?;
    let names: Vec<GroupId> = direct.keys().copied().collect();
    let mut items = Vec::new();
    for id in nesting::ancestors(&nestings, &names) {
        if let Some((group, _)) = groups::get(&call.log, id).await? {
            items.push(GroupOfUser {
                id,
                name: group.name,
                direct: direct.contains_key(&id),
                expires: direct.get(&id).copied().flatten().map(Time),
            });
        }
    }
    Ok(Page::whole(items))
}
