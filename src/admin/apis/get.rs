//! `GET /apis/{api}`

use axum::Json;
use domain::value::ApiId;

use super::{Api, load};
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    get("/apis/{api}", "apis.read", "get_api", "Reads an API").by(handler)
}

async fn handler(call: Call, Path(api): Path<ApiId>) -> Result<Json<Api>, ApiError> {
    Ok(Json(load(&call, api).await?.into()))
}
