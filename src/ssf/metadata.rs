//! What this transmitter offers, for receivers to find (SSF 1.0 §7.1).

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use shared_signals::stream::{
    AuthorizationScheme, DefaultSubjects, OAUTH, POLL, PUSH, SPEC_VERSION, TransmitterMetadata,
};

use super::path;
use crate::app::App;
use crate::oauth;
use crate::oauth::cors;

/// `GET /.well-known/ssf-configuration`, with the issuer's path behind or before it.
pub(super) async fn metadata(State(app): State<App>) -> Response {
    let issuer = &app.config.issuer;
    let endpoint = |path| Some(path::url(issuer, path));
    let metadata = TransmitterMetadata {
        spec_version: Some(SPEC_VERSION.to_owned()),
        issuer: issuer.to_string(),
        jwks_uri: Some(oauth::path::url(issuer, oauth::path::JWKS)),
        delivery_methods_supported: vec![PUSH.to_owned(), POLL.to_owned()],
        configuration_endpoint: endpoint(path::STREAMS),
        status_endpoint: endpoint(path::STATUS),
        add_subject_endpoint: endpoint(path::ADD_SUBJECT),
        remove_subject_endpoint: endpoint(path::REMOVE_SUBJECT),
        verification_endpoint: endpoint(path::VERIFY),
        critical_subject_members: Vec::new(),
        authorization_schemes: vec![AuthorizationScheme {
            spec_urn: OAUTH.to_owned(),
        }],
        default_subjects: Some(DefaultSubjects::All),
    };
    let headers = [(CACHE_CONTROL, "public, max-age=600")];
    cors::for_everybody((headers, Json(metadata)).into_response())
}
