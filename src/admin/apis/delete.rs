//! `DELETE /apis/{api}`

use domain::value::ApiId;

use super::change;
use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete};
use crate::command::apis::Change;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    delete(
        "/apis/{api}",
        "apis.write",
        "delete_api",
        "Deletes an API with its scopes, client grants and rules",
    )
    .by(handler)
}

async fn handler(call: Call, Path(api): Path<ApiId>) -> Result<Done, ApiError> {
    change(&call, api, Change::Delete).await?;
    Ok(Done)
}
