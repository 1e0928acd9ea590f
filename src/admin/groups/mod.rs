//! Groups, their nesting and their members.

mod add_member;
mod children;
mod create;
mod delete;
mod get;
mod list;
mod members;
mod nest;
mod remove_member;
mod rename;
mod unnest;

use domain::group;
use domain::value::{GroupId, GroupName};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Operation;
use super::operation::Call;
use crate::error::ApiError;
use crate::read;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        list::operation(),
        create::operation(),
        get::operation(),
        rename::operation(),
        delete::operation(),
        children::operation(),
        nest::operation(),
        unnest::operation(),
        members::operation(),
        add_member::operation(),
        remove_member::operation(),
    ]
}

/// A group.
#[derive(Serialize, ToSchema)]
struct Group {
    id: GroupId,
    name: String,
}

impl From<group::Group> for Group {
    fn from(group: group::Group) -> Self {
        Self {
            id: group.id,
            name: group.name,
        }
    }
}

/// What can be said of a group.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupFields {
    /// Its name, unique; it may change, the id does not.
    name: GroupName,
}

async fn load(call: &Call, group: GroupId) -> Result<Group, ApiError> {
    let found = read::groups::get(&call.log, group).await?;
    found
        .map(|(group, _)| group.into())
        .ok_or_else(|| ApiError::not_found("group"))
}
