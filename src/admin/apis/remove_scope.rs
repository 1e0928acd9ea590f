//! `DELETE /apis/{api}/scopes/{scope}`

use domain::value::{ApiId, Scope};

use super::change;
use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete};
use crate::command::apis::Change;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    delete(
        "/apis/{api}/scopes/{scope}",
        "apis.write",
        "remove_scope",
        "Removes a scope from an API; rules that name it go first",
    )
    .by(handler)
}

async fn handler(call: Call, Path((api, scope)): Path<(ApiId, Scope)>) -> Result<Done, ApiError> {
    change(&call, api, Change::RemoveScope(scope)).await?;
    Ok(Done)
}
