//! `DELETE /apis/{api}/rules/{rule}`

use domain::value::{ApiId, RuleId};

use super::change;
use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete};
use crate::command::apis::Change;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    delete(
        "/apis/{api}/rules/{rule}",
        "apis.write",
        "remove_rule",
        "Removes a rule; with the last one an API is open to everybody",
    )
    .by(handler)
}

async fn handler(call: Call, Path((api, rule)): Path<(ApiId, RuleId)>) -> Result<Done, ApiError> {
    change(&call, api, Change::RemoveRule(rule)).await?;
    Ok(Done)
}
