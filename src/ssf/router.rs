//! The Shared Signals endpoints, `/ssf` (SSF 1.0 §7 and §8.1, RFC 8936): where receivers make and change
//! their streams, and poll.
//!
//! They are an API like any other of the realm, [`crate::ssf_api`]: tokens for it come from the token
//! endpoint. A stream belongs to the client that the token was issued to; another's is not there.
//! One operation is one file. What happens is decided by the commands of `command/streams.rs`.

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post};
use domain::value::Issuer;

use crate::app::App;
use crate::error::SsfError;
use crate::{oauth, ssf_api};

use super::{metadata, path, poll, status, streams, subjects, verify};

/// Everything below the issuer's path: the endpoints, and the metadata where OpenID Connect would have
/// them, for receivers that look there only.
pub fn router() -> Router<App> {
    Router::new()
        .nest(ssf_api::PATH, endpoints())
        .route(path::METADATA, oauth::public(metadata::metadata))
}

/// The metadata at the root of the host, where the issuer's path comes last (SSF 1.0 §7.2.1).
pub fn well_known(issuer: &Issuer) -> Router<App> {
    if issuer.path().is_empty() {
        return Router::new();
    }
    let inserted = [path::METADATA, issuer.path()].concat();
    Router::new().route(&inserted, oauth::public(metadata::metadata))
}

fn endpoints() -> Router<App> {
    Router::new()
        .route(
            path::STREAMS,
            get(streams::read)
                .post(streams::create)
                .patch(streams::update)
                .put(streams::replace)
                .delete(streams::delete),
        )
        .route(path::STATUS, get(status::read).post(status::set))
        .route(path::ADD_SUBJECT, post(subjects::add))
        .route(path::REMOVE_SUBJECT, post(subjects::remove))
        .route(path::VERIFY, post(verify::verify))
        .route(path::POLL, post(poll::poll))
        .fallback(async || SsfError::new(StatusCode::NOT_FOUND, "there is nothing at this address"))
        .method_not_allowed_fallback(async || {
            SsfError::new(StatusCode::METHOD_NOT_ALLOWED, "see the Allow header")
        })
        .layer(map_response(not_stored))
}

/// What is answered is one receiver's, and may be other in a moment.
async fn not_stored(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
