//! Everything that is served, at its place below the issuer's path.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;

use crate::app::App;
use crate::http::{edge, health};
use crate::{admin, admin_api, oauth, pages, ssf};

/// The largest body that is read, in bytes. Forms are bounded more narrowly.
const LARGEST_BODY: usize = 1024 * 1024;

/// The whole server as a service.
pub fn router(app: App) -> Router {
    let realm = pages::router(&app)
        .merge(oauth::router())
        .nest(admin_api::PATH, admin::router())
        .route(&format!("{}/", admin_api::PATH), admin::root())
        .merge(ssf::router());
    let issuer = &app.config.issuer;
    let path = issuer.path();
    let site = if path.is_empty() {
        realm
    } else {
        Router::new().nest(path, realm)
    };
    site.merge(oauth::well_known(issuer))
        .merge(ssf::well_known(issuer))
        .merge(health::router())
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state(app.clone(), edge::wrap))
        .with_state(app)
}
