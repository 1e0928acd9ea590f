//! Everything that is served, at its place below the issuer's path.

use axum::Router;
use tower::service_fn;

use crate::app::App;
use crate::http::listener::Answers;
use crate::http::{edge, health};
use crate::{admin, admin_api, oauth, pages, ssf};

/// The whole server as a service: the edge once around all routes, and not around each of them, where
/// every request would pay for copies of it.
pub fn router(app: App) -> impl Answers + Sync {
    let routes = routes(&app);
    service_fn(move |request| edge::wrap(app.clone(), routes.clone(), request))
}

fn routes(app: &App) -> Router {
    let realm = pages::router(app)
        .merge(oauth::router())
        .nest(admin_api::PATH, admin::router())
        .route(&format!("{}/", admin_api::PATH), admin::root())
        .merge(ssf::router());
    let issuer = &app.config.issuer;
    let path = issuer.path();
    let site = if path.is_empty() {
        realm
    } else {
        // What is nested has no place behind the slash.
        let home = format!("{path}/");
        Router::new().nest(path, realm).route(&home, pages::home())
    };
    site.merge(oauth::well_known(issuer))
        .merge(ssf::well_known(issuer))
        .merge(health::router())
        .with_state(app.clone())
}
