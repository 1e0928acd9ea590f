//! `PUT /groups/{group}/members/{user}`

use domain::value::{GroupId, UserId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::admin::answer::{Done, Time};
use crate::admin::input::{Body, Path};
use crate::admin::operation::{Call, Operation, put};
use crate::command::groups::AddMember;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    put(
        "/groups/{group}/members/{user}",
        "groups.write",
        "add_member",
        "Makes a user a direct member of a group, or changes when that ends",
    )
    .by(handler)
}

/// A membership to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Membership {
    /// When it ends by itself; left out or null: never.
    #[serde(default)]
    expires: Option<Time>,
}

async fn handler(
    call: Call,
    (Path((group, user)), Body(membership)): (Path<(GroupId, UserId)>, Body<Membership>),
) -> Result<Done, ApiError> {
    call.execute(&AddMember {
        group,
        user,
        expires: membership.expires.map(|Time(at)| at),
    })
    .await?;
    Ok(Done)
}
