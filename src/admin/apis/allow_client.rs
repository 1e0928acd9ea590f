//! `PUT /apis/{api}/clients/{holder}/{subject}`

use domain::api::{Ceiling, SubjectKind};
use domain::value::ApiId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::change;
use super::holder::HolderName;
use crate::admin::answer::Done;
use crate::admin::input::{Body, Path};
use crate::admin::operation::{Call, Operation, put};
use crate::command::apis::Change;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    put(
        "/apis/{api}/clients/{holder}/{subject}",
        "apis.write",
        "set_client_grant",
        "Lets a client (client:ID) or class (first_party, third_party, all) ask up to a ceiling, \
         for a user or for the client itself",
    )
    .by(handler)
}

/// How much may be asked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClientGrantFields {
    ceiling: Ceiling,
}

async fn handler(
    call: Call,
    (Path((api, holder, subject)), Body(fields)): (
        Path<(ApiId, HolderName, SubjectKind)>,
        Body<ClientGrantFields>,
    ),
) -> Result<Done, ApiError> {
    let allow = Change::AllowClient(holder.0, subject, fields.ceiling);
    change(&call, api, allow).await?;
    Ok(Done)
}
