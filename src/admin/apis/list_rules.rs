//! `GET /apis/{api}/rules`

use domain::api::Rule;
use domain::value::ApiId;

use super::load;
use crate::admin::answer::Page;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    get(
        "/apis/{api}/rules",
        "apis.read",
        "list_rules",
        "Lists which groups and users may have an API; without any rule, everybody",
    )
    .by(handler)
}

async fn handler(call: Call, Path(api): Path<ApiId>) -> Result<Page<Rule>, ApiError> {
    Ok(Page::whole(load(&call, api).await?.rules))
}
