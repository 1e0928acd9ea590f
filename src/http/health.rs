//! `/healthz`: the process answers. `/readyz`: it can also answer requests.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use crate::app::App;

const HEALTHZ: &str = "/healthz";
const READYZ: &str = "/readyz";

/// Both, at the root whatever the issuer's path is.
pub fn router() -> Router<App> {
    Router::new()
        .route(HEALTHZ, get("ok\n"))
        .route(READYZ, get(ready))
}

/// Whether a path is one of these.
pub(super) fn is(path: &str) -> bool {
    matches!(path, HEALTHZ | READYZ)
}

async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    let unavailable = StatusCode::SERVICE_UNAVAILABLE;
    if app.log.head().await.is_err() {
        return (unavailable, "the database is unavailable\n");
    }
    match app.snapshot.get() {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => (unavailable, "the configuration could not be confirmed\n"),
    }
}
