//! Metadata of our own APIs as protected resources (RFC 9728): which server issues tokens for them,
//! and with which scopes.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::value::OIDC_SCOPES;
use serde::Serialize;

use super::{cors, path};
use crate::app::App;
use crate::{admin_api, ssf_api};

#[derive(Serialize)]
struct Metadata<'a> {
    resource: String,
    authorization_servers: [&'a str; 1],
    scopes_supported: Vec<&'a str>,
    bearer_methods_supported: &'a [&'a str],
    resource_name: &'a str,
}

/// Where the metadata of a resource are: the well-known path stands before the resource's own (§3.1).
pub(super) fn url_of(resource: &str) -> String {
    let host = resource.find("://").map_or(0, |scheme| scheme + 3);
    let path = resource[host..]
        .find('/')
        .map_or(resource.len(), |path| host + path);
    let (origin, path) = resource.split_at(path);
    let path = if path == "/" { "" } else { path };
    [origin, path::RESOURCE_METADATA, path].concat()
}

/// Metadata of the admin API.
pub(super) async fn admin_api(State(app): State<App>) -> Response {
    let metadata = Metadata {
        resource: path::url(&app.config.issuer, admin_api::PATH),
        authorization_servers: [app.config.issuer.as_str()],
        scopes_supported: admin_api::SCOPES.iter().map(|(scope, _)| *scope).collect(),
        bearer_methods_supported: &["header"],
        resource_name: "Admin API",
    };
    cors::for_everybody(Json(metadata).into_response())
}

/// Metadata of the Shared Signals endpoints, which tell receivers of the scopes that they need (CAEP
/// Interoperability Profile 1.0 §2.7.1).
pub(super) async fn shared_signals(State(app): State<App>) -> Response {
    let metadata = Metadata {
        resource: path::url(&app.config.issuer, ssf_api::PATH),
        authorization_servers: [app.config.issuer.as_str()],
        scopes_supported: ssf_api::SCOPES.iter().map(|(scope, _)| *scope).collect(),
        bearer_methods_supported: &["header"],
        resource_name: "Shared Signals",
    };
    cors::for_everybody(Json(metadata).into_response())
}

/// Metadata of userinfo.
pub(super) async fn userinfo(State(app): State<App>) -> Response {
    let metadata = Metadata {
        resource: path::url(&app.config.issuer, path::USERINFO),
        authorization_servers: [app.config.issuer.as_str()],
        scopes_supported: OIDC_SCOPES.to_vec(),
        bearer_methods_supported: &["header", "body"],
        resource_name: "Userinfo",
    };
    cors::for_everybody(Json(metadata).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_path_stands_between_host_and_path() {
        for (resource, url) in [
            (
                "https://id.example/api/v1",
                "https://id.example/.well-known/oauth-protected-resource/api/v1",
            ),
            (
                "http://127.0.0.1:8600/",
                "http://127.0.0.1:8600/.well-known/oauth-protected-resource",
            ),
            (
                "https://id.example",
                "https://id.example/.well-known/oauth-protected-resource",
            ),
        ] {
            assert_eq!(url_of(resource), url);
        }
    }
}
