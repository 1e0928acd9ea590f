//! `GET /apis`: in the order of their ids, or the one that has an identifier.

use domain::value::ResourceUri;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use crate::admin::answer::Page;
use crate::admin::input::{Paging, Query};
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;
use crate::read::apis;

pub(super) fn operation() -> Operation {
    get("/apis", "apis.read", "list_apis", "Lists APIs").by(handler)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only the API that has this identifier or alias.
    identifier: Option<ResourceUri>,
    #[serde(flatten)]
    paging: Paging,
}

async fn handler(call: Call, Query(filter): Query<Filter>) -> Result<Page<Api>, ApiError> {
    let all = apis::all(&call.log).await?.into_iter().map(|(api, _)| api);
    let named = all.filter(|api| {
        filter.identifier.as_ref().is_none_or(|name| {
            api.settings.identifier == *name || api.settings.aliases.contains(name)
        })
    });
    let keyed = named.map(|api| (api.id.to_string(), Api::from(api)));
    Ok(Page::of(&filter.paging, keyed))
}
