//! The answer of the token endpoint (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::oauth::mint::Minted;

/// Tokens, and what they are good for.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    access_token: String,
    token_type: &'static str,
    /// In seconds.
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    /// Everything that was issued. Always there, because it may differ from what was asked for.
    scope: String,
}

impl Answer {
    /// Only an access token.
    pub(super) fn new(minted: Minted, scope: String) -> Self {
        Self {
            access_token: minted.token,
            token_type: "Bearer",
            expires_in: minted.lifetime,
            refresh_token: None,
            id_token: None,
            scope,
        }
    }

    /// With an ID token and a refresh token, where there are any.
    #[must_use]
    pub(super) fn with(self, id_token: Option<String>, refresh_token: Option<String>) -> Self {
        Self {
            refresh_token,
            id_token,
            ..self
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let Ok(body) = serde_json::to_vec(&self) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let headers = [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            ),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (header::PRAGMA, HeaderValue::from_static("no-cache")),
        ];
        (headers, body).into_response()
    }
}
