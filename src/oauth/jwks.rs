//! The published keys (RFC 7517 §5), with which everybody checks our tokens.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::cors;
use crate::app::App;

/// `GET /jwks`. A key is published long before it signs, so that a copy may be kept a while.
pub(super) async fn jwks(State(app): State<App>) -> Response {
    let keys = app.snapshot.latest().keys.jwks().to_vec();
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "public, max-age=600"),
    ];
    cors::for_everybody((headers, keys).into_response())
}
