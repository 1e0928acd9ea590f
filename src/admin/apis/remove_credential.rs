//! `DELETE /apis/{api}/credential`

use domain::value::ApiId;

use super::change;
use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete};
use crate::command::apis::Change;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    delete(
        "/apis/{api}/credential",
        "apis.write",
        "remove_credential",
        "Takes the introspection credential of an API away",
    )
    .by(handler)
}

async fn handler(call: Call, Path(api): Path<ApiId>) -> Result<Done, ApiError> {
    change(&call, api, Change::RemoveCredential).await?;
    Ok(Done)
}
