//! OAuth 2.0 and OpenID Connect: a client asks for a token for one API, and gets what the API, the
//! client's ceiling, the rules, and the person allow.
//!
//! `authorize` asks the person and issues a code; `token` turns codes, refresh tokens and clients'
//! own credentials into tokens; `introspect`, `revoke` and `userinfo` take them back in. Tokens are
//! made in `mint` and `id_token`; what a token may carry is decided in `domain::policy`.

mod access_token;
pub mod authorize;
pub mod backchannel_logout;
mod basic;
pub mod bearer;
pub mod claims;
mod client_assertion;
mod client_auth;
pub mod code;
pub mod cors;
mod discovery;
pub mod end_session;
pub mod form;
pub(crate) mod groups;
mod id_token;
mod introspect;
mod jti;
mod jwks;
mod liveness;
mod mint;
pub mod path;
mod protected_resource;
mod refresh_family;
mod resource;
mod revoke;
mod sealed_token;
pub mod sid;
mod token;
mod userinfo;

use axum::Router;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::routing::{MethodRouter, get, post};
use domain::value::Issuer;

use crate::app::App;
use crate::error::OAuthError;
use crate::{admin_api, ssf_api};

/// The endpoints that programs call, below the issuer's path. Those that people come to are among the
/// pages.
pub fn router() -> Router<App> {
    Router::new()
        .route(path::OPENID_CONFIGURATION, public(discovery::metadata))
        .route(path::JWKS, public(jwks::jwks))
        .route(path::TOKEN, post(token::token).options(cors::preflight))
        .route(path::INTROSPECT, post(introspect::introspect))
        .route(path::REVOKE, post(revoke::revoke).options(cors::preflight))
        .route(
            path::USERINFO,
            get(userinfo::userinfo)
                .post(userinfo::userinfo)
                .options(cors::preflight),
        )
        .method_not_allowed_fallback(async || {
            let error = OAuthError::invalid_request("see the Allow header");
            (StatusCode::METHOD_NOT_ALLOWED, error)
        })
}

/// What everybody may read, also by a script of any origin.
pub fn public<H, T>(handler: H) -> MethodRouter<App>
where
    H: Handler<T, App>,
    T: 'static,
{
    get(handler).options(cors::preflight_for_everybody)
}

/// The metadata at the root of the host, where the issuer's path comes last (RFC 8414 §3.1, RFC 9728
/// §3.1).
pub fn well_known(issuer: &Issuer) -> Router<App> {
    let inserted = |well_known: &str, path: &str| [well_known, issuer.path(), path].concat();
    let resource = |path| inserted(path::RESOURCE_METADATA, path);
    let router = Router::new()
        .route(
            &inserted(path::OAUTH_METADATA, ""),
            public(discovery::metadata),
        )
        .route(
            &resource(admin_api::PATH),
            public(protected_resource::admin_api),
        )
        .route(
            &resource(ssf_api::PATH),
            public(protected_resource::shared_signals),
        )
        .route(
            &resource(path::USERINFO),
            public(protected_resource::userinfo),
        );
    if issuer.path().is_empty() {
        return router;
    }
    router.route(
        &inserted(path::OPENID_CONFIGURATION, ""),
        public(discovery::metadata),
    )
}
