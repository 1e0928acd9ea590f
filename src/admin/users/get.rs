//! `GET /users/{user}`

use axum::Json;
use domain::value::UserId;

use super::{User, load};
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    get("/users/{user}", "users.read", "get_user", "Reads a user").by(handler)
}

async fn handler(call: Call, Path(user): Path<UserId>) -> Result<Json<User>, ApiError> {
    Ok(Json(load(&call, user).await?))
}
