//! `GET /groups/{group}/members`: those who were added to it, in the order of their ids.

use domain::value::{GroupId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::load;
use crate::admin::answer::{Page, Time};
use crate::admin::input::{Paging, Path, Query};
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;
use crate::read::groups;

pub(super) fn operation() -> Operation {
    get(
        "/groups/{group}/members",
        "groups.read",
        "list_members",
        "Lists the direct members of a group",
    )
    .by(handler)
}

/// A direct member.
#[derive(Serialize, ToSchema)]
struct Member {
    user: UserId,
    /// When the membership ends by itself.
    expires: Option<Time>,
}

async fn handler(
    call: Call,
    (Path(group), Query(paging)): (Path<GroupId>, Query<Paging>),
) -> Result<Page<Member>, ApiError> {
    load(&call, group).await?;
    let (after, limit) = (paging.after.key(), paging.limit.and_one());
    let rows = groups::members_page(&call.log, group, after, limit).await?;
    let keyed = rows.into_iter().map(|(membership, _)| {
        let member = Member {
            user: membership.user,
            expires: membership.expires.map(Time),
        };
        (membership.user.to_string(), member)
    });
    Ok(Page::new(&paging, keyed.collect()))
}
