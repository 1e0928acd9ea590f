//! The admin API, `/api/v1`: JSON over the commands that every way in uses.
//!
//! It is an API like any other of the realm: tokens for it come from the token endpoint, and each
//! operation needs one scope, declared with it. What a token may do with its scope (nobody grants what
//! they do not hold) is decided by the commands. One operation is one file: what it takes, its handler.

mod answer;
mod apis;
mod clients;
mod events;
mod grants;
mod groups;
pub(crate) mod input;
mod openapi;
mod operation;
mod secret;
mod sessions;
mod signals;
pub(crate) mod streams;
mod users;

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get};

pub use openapi::document;
pub use operation::Operation;

use crate::app::App;
use crate::error::{ApiError, Kind};

/// Every operation.
pub fn operations() -> Vec<Operation> {
    [
        users::operations(),
        groups::operations(),
        sessions::operations(),
        apis::operations(),
        clients::operations(),
        grants::operations(),
        events::operations(),
        streams::operations(),
        signals::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The admin API, to be nested at [`crate::admin_api::PATH`].
pub fn router() -> Router<App> {
    operations()
        .into_iter()
        .fold(Router::new(), |router, operation| {
            router.route(operation.path, operation.route)
        })
        .route("/openapi.json", get(openapi_json))
        .route("/problems", get(problems))
        .fallback(nothing)
        .method_not_allowed_fallback(async || {
            ApiError::new(Kind::MethodNotAllowed, "see the Allow header")
        })
        .layer(map_response(not_stored))
}

/// The one address below [`crate::admin_api::PATH`] that nesting leaves out: the path with a slash.
pub fn root() -> MethodRouter<App> {
    any(nothing).layer(map_response(not_stored))
}

async fn nothing() -> ApiError {
    ApiError::new(Kind::NotFound, "there is nothing at this address")
}

/// What is answered is about people, and may be other in a moment.
async fn not_stored(mut response: Response) -> Response {
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn openapi_json() -> Response {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| document(&operations()).to_string());
    let json = [(header::CONTENT_TYPE, "application/json")];
    (json, DOCUMENT.as_str()).into_response()
}

/// What each problem's `type` leads to.
async fn problems() -> String {
    Kind::ALL.iter().fold(String::new(), |mut text, kind| {
        let (name, status, title) = (kind.name(), kind.status().as_u16(), kind.title());
        writeln!(text, "#{name} ({status}): {title}").ok();
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin_api::SCOPES;

    /// The rows of the page that begin like this.
    fn documented(begin: &str) -> Vec<&'static str> {
        let page = include_str!("../../docs/admin-api.md");
        page.lines()
            .filter(|line| line.starts_with(begin))
            .collect()
    }

    #[test]
    fn the_page_lists_every_scope() {
        let rows = SCOPES
            .iter()
            .map(|(scope, words)| format!("| `{scope}` | {words} |"));
        let listed: Vec<_> = documented("| `")
            .into_iter()
            .filter(|row| !row.contains('#'))
            .collect();
        assert_eq!(listed, rows.collect::<Vec<_>>());
    }

    #[test]
    fn the_page_lists_every_problem() {
        let rows = Kind::ALL.iter().map(|kind| {
            let (name, status, title) = (kind.name(), kind.status().as_u16(), kind.title());
            format!("| `#{name}` | {status} | {title} |")
        });
        assert_eq!(documented("| `#"), rows.collect::<Vec<_>>());
    }
}
