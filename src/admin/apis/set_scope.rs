//! `PUT /apis/{api}/scopes/{scope}`

use domain::value::{ApiId, Scope};
use serde::Deserialize;
use utoipa::ToSchema;

use super::change;
use crate::admin::answer::Done;
use crate::admin::input::{Body, Path};
use crate::admin::operation::{Call, Operation, put};
use crate::command::apis::Change;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    put(
        "/apis/{api}/scopes/{scope}",
        "apis.write",
        "set_scope",
        "Adds a scope to an API, or says in other words what it does",
    )
    .by(handler)
}

/// What a scope does.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScopeFields {
    /// What it lets a client do, in words for the person who consents.
    description: String,
}

async fn handler(
    call: Call,
    (Path((api, scope)), Body(fields)): (Path<(ApiId, Scope)>, Body<ScopeFields>),
) -> Result<Done, ApiError> {
    change(&call, api, Change::SetScope(scope, fields.description)).await?;
    Ok(Done)
}
