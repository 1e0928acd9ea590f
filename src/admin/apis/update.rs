//! `PATCH /apis/{api}`

use axum::Json;
use domain::api::ApiSettings;
use domain::value::ApiId;

use super::{Api, load};
use crate::admin::input::{Patch, Path};
use crate::admin::operation::{Call, Operation, patch};
use crate::command::apis::UpdateApi;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    patch(
        "/apis/{api}",
        "apis.write",
        "update_api",
        "Changes settings of an API",
    )
    .by(handler)
}

async fn handler(
    call: Call,
    (Path(id), patch): (Path<ApiId>, Patch<ApiSettings>),
) -> Result<Json<Api>, ApiError> {
    call.execute(&UpdateApi {
        id,
        change: |settings: &ApiSettings| patch.apply(settings),
    })
    .await?;
    Ok(Json(load(&call, id).await?.into()))
}
