//! `GET /groups`: in the order of their names, or the one that has a name.

use serde::Deserialize;
use utoipa::ToSchema;

use super::Group;
use crate::admin::answer::Page;
use crate::admin::input::{Paging, Query};
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;
use crate::read::groups;

pub(super) fn operation() -> Operation {
    get(
        "/groups",
        "groups.read",
        "list_groups",
        "Lists groups by name",
    )
    .by(handler)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only the group of this name.
    name: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

async fn handler(call: Call, Query(filter): Query<Filter>) -> Result<Page<Group>, ApiError> {
    let log = &call.log;
    if let Some(name) = &filter.name {
        let group = match groups::by_name(log, name).await? {
            Some(id) => groups::get(log, id).await?,
            None => None,
        };
        return Ok(Page::whole(group.map(|(group, _)| group.into())));
    }
    let paging = &filter.paging;
    let rows = groups::page(log, paging.after.key(), paging.limit.and_one()).await?;
    let keyed = rows
        .into_iter()
        .map(|(group, _)| (group.name.clone(), group.into()));
    Ok(Page::new(paging, keyed.collect()))
}
