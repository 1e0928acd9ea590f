//! Who may read our answers from a browser. Metadata and keys: everybody. Token, userinfo and
//! revocation: the origins that clients registered. The authorization endpoint: nobody (RFC 9700
//! §2.6), since a browser goes there, and no script.

use axum::extract::State;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::snapshot::Snapshot;

/// Lets a script of any origin read this answer.
pub fn for_everybody(mut response: Response) -> Response {
    let any = HeaderValue::from_static("*");
    response
        .headers_mut()
        .insert(ACCESS_CONTROL_ALLOW_ORIGIN, any);
    response
}

/// Answers a browser that asks before it sends a request for what everybody may read.
pub async fn preflight_for_everybody() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "*"),
        (ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    for_everybody((StatusCode::NO_CONTENT, headers).into_response())
}

/// Lets a script read this answer if a client registered its origin.
pub(super) fn for_clients(app: &App, request: &HeaderMap, mut response: Response) -> Response {
    if let Some(origin) = request.get(ORIGIN) {
        let headers = response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("origin"));
        if is_registered(&app.snapshot.latest(), origin) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            let readable = HeaderValue::from_static("www-authenticate");
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, readable);
        }
    }
    response
}

/// Answers a browser that asks before it sends a script's request.
pub(super) async fn preflight(State(app): State<App>, request: HeaderMap) -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (ACCESS_CONTROL_MAX_AGE, "3600"),
    ];
    for_clients(
        &app,
        &request,
        (StatusCode::NO_CONTENT, headers).into_response(),
    )
}

fn is_registered(snapshot: &Snapshot, origin: &HeaderValue) -> bool {
    let mut clients = snapshot
        .clients
        .values()
        .map(|entry| &entry.client.settings);
    clients.any(|settings| {
        settings.enabled && settings.origins.iter().any(|own| own.as_str() == origin)
    })
}
