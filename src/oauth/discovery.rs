//! What this server offers, for clients to find (OpenID Connect Discovery §3, RFC 8414 §2): one
//! document at three addresses. Whatever has a default in the specification is stated all the same.

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use domain::value::{Issuer, OIDC_SCOPES};
use jose::Alg;
use serde::Serialize;

use super::{claims, cors, path};
use crate::app::App;
use crate::snapshot::Snapshot;

const GRANT_TYPES: &[&str] = &["authorization_code", "refresh_token", "client_credentials"];
const CLIENT_AUTH: &[&str] = &[
    "none",
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
];
const API_AUTH: &[&str] = &["client_secret_basic", "client_secret_post"];
/// The claims of every ID token, besides those about the person.
const ID_TOKEN_CLAIMS: &[&str] = &[
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "amr",
    "sid",
    "at_hash",
];

#[derive(Debug, Serialize)]
struct Metadata<'a> {
    issuer: &'a str,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    end_session_endpoint: String,
    scopes_supported: &'a [&'a str],
    response_types_supported: &'a [&'a str],
    response_modes_supported: &'a [&'a str],
    grant_types_supported: &'a [&'a str],
    subject_types_supported: &'a [&'a str],
    id_token_signing_alg_values_supported: Vec<&'a str>,
    token_endpoint_auth_methods_supported: &'a [&'a str],
    token_endpoint_auth_signing_alg_values_supported: Vec<&'a str>,
    revocation_endpoint_auth_methods_supported: &'a [&'a str],
    revocation_endpoint_auth_signing_alg_values_supported: Vec<&'a str>,
    introspection_endpoint_auth_methods_supported: &'a [&'a str],
    code_challenge_methods_supported: &'a [&'a str],
    prompt_values_supported: &'a [&'a str],
    claim_types_supported: &'a [&'a str],
    claims_supported: Vec<&'a str>,
    claims_parameter_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    authorization_response_iss_parameter_supported: bool,
    /// APIs that their operator wants to be found (RFC 9728 §4).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    protected_resources: Vec<&'a str>,
}

/// `GET /.well-known/openid-configuration` and its other addresses.
pub(super) async fn metadata(State(app): State<App>) -> Response {
    let snapshot = app.snapshot.latest();
    let metadata = describe(&app.config.issuer, &snapshot);
    let headers = [(CACHE_CONTROL, "public, max-age=600")];
    cors::for_everybody((headers, Json(metadata)).into_response())
}

fn describe<'a>(issuer: &'a Issuer, snapshot: &'a Snapshot) -> Metadata<'a> {
    let url = |path| path::url(issuer, path);
    let names = |algs: &[Alg]| algs.iter().map(|alg| alg.as_str()).collect::<Vec<_>>();
    let advertised = snapshot.apis.values().map(|entry| &entry.api.settings);
    let advertised = advertised.filter(|settings| settings.enabled && settings.advertise);
    let mut protected_resources: Vec<_> = advertised
        .map(|settings| settings.identifier.as_str())
        .collect();
    protected_resources.sort_unstable();
    Metadata {
        issuer: issuer.as_str(),
        authorization_endpoint: url(path::AUTHORIZE),
        token_endpoint: url(path::TOKEN),
        userinfo_endpoint: url(path::USERINFO),
        jwks_uri: url(path::JWKS),
        introspection_endpoint: url(path::INTROSPECT),
        revocation_endpoint: url(path::REVOKE),
        end_session_endpoint: url(path::END_SESSION),
        scopes_supported: &OIDC_SCOPES,
        response_types_supported: &["code"],
        response_modes_supported: &["query", "form_post"],
        grant_types_supported: GRANT_TYPES,
        subject_types_supported: &["public"],
        id_token_signing_alg_values_supported: names(&snapshot.keys.algs().collect::<Vec<_>>()),
        token_endpoint_auth_methods_supported: CLIENT_AUTH,
        token_endpoint_auth_signing_alg_values_supported: names(&Alg::ALL),
        revocation_endpoint_auth_methods_supported: CLIENT_AUTH,
        revocation_endpoint_auth_signing_alg_values_supported: names(&Alg::ALL),
        introspection_endpoint_auth_methods_supported: API_AUTH,
        code_challenge_methods_supported: &["S256"],
        prompt_values_supported: &["none", "login", "consent", "select_account"],
        claim_types_supported: &["normal"],
        claims_supported: ID_TOKEN_CLAIMS
            .iter()
            .copied()
            .chain(claims::names())
            .collect(),
        claims_parameter_supported: true,
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        authorization_response_iss_parameter_supported: true,
        protected_resources,
    }
}
