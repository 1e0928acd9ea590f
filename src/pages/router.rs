//! Every page, its address and its handler.

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get};

use super::{account, answer, assets, consent, new_password, path, setup, sign_in};
use crate::app::App;
use crate::error::page::{PageError, render};
use crate::oauth::{authorize, end_session};

/// The pages, below the issuer's path.
pub fn router(app: &App) -> Router<App> {
    let pages = Router::new()
        .route(
            crate::oauth::path::AUTHORIZE,
            get(authorize::get).post(authorize::post),
        )
        .route(authorize::CONTINUE, get(authorize::resume))
        .route(
            crate::oauth::path::END_SESSION,
            get(end_session::get).post(end_session::post),
        )
        .route(end_session::CONTINUE, get(end_session::resume))
        .route(path::HOME, home())
        .route(path::SIGN_IN, get(sign_in::show).post(sign_in::submit))
        .route(
            path::NEW_PASSWORD,
            to(path::SIGN_IN).post(new_password::submit),
        )
        .route(path::CONSENT, get(consent::show).post(consent::submit))
        .route(
            path::SIGN_OUT,
            get(end_session::ask).post(end_session::confirm),
        )
        .route(
            path::ACCOUNT,
            get(account::profile::show).post(account::profile::submit),
        )
        .route(
            path::ACCOUNT_PASSWORD,
            get(account::password::show).post(account::password::submit),
        )
        .route(path::ACCOUNT_SESSIONS, get(account::sessions::show))
        .route(
            path::ACCOUNT_SESSIONS_END,
            to(path::ACCOUNT_SESSIONS).post(account::sessions::end),
        )
        .route(path::ACCOUNT_APPS, get(account::apps::show))
        .route(path::SETUP, get(setup::show).post(setup::submit))
        .route(
            path::ACCOUNT_APPS_REVOKE,
            to(path::ACCOUNT_APPS).post(account::apps::revoke),
        )
        .fallback(async || PageError::not_found())
        .layer(from_fn_with_state(app.clone(), render));
    pages.merge(assets::router())
}

/// Leads to the account.
pub fn home() -> MethodRouter<App> {
    to(path::ACCOUNT)
}

/// Leads to another page: also whoever opens the address of a form, which stays in the browser's
/// address bar with the answer to it.
fn to(page: &'static str) -> MethodRouter<App> {
    get(async move |State(app): State<App>| answer::see(&app, page))
}
