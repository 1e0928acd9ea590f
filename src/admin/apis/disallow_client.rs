//! `DELETE /apis/{api}/clients/{holder}/{subject}`

use domain::api::SubjectKind;
use domain::value::ApiId;

use super::change;
use super::holder::HolderName;
use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete};
use crate::command::apis::Change;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    delete(
        "/apis/{api}/clients/{holder}/{subject}",
        "apis.write",
        "remove_client_grant",
        "Takes a client grant away; what is said of its class counts then",
    )
    .by(handler)
}

async fn handler(
    call: Call,
    Path((api, holder, subject)): Path<(ApiId, HolderName, SubjectKind)>,
) -> Result<Done, ApiError> {
    change(&call, api, Change::DisallowClient(holder.0, subject)).await?;
    Ok(Done)
}
