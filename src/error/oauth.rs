//! Errors of the OAuth endpoints that clients call directly (RFC 6749 §5.2, RFC 7009 §2.2.1,
//! RFC 8707 §2): a code for the program, words for its author.

use std::borrow::Cow;
use std::fmt::Display;

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use eventlog::{AppendError, DbError};
use serde::Serialize;

use super::{Code, description};
use crate::execute::Refused;
use crate::http::edge::Because;
use crate::http::form::Malformed;
use crate::snapshot::Stale;

/// Why a request of a client's was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthError {
    code: Code,
    description: Cow<'static, str>,
    /// What failed on our side: for the log, in the line of the request.
    fault: Option<String>,
}

impl OAuthError {
    fn new(code: Code, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            description: description.into(),
            fault: None,
        }
    }

    fn failed(self, fault: impl Display) -> Self {
        Self {
            fault: Some(fault.to_string()),
            ..self
        }
    }

    /// A parameter is missing, repeated or malformed.
    pub fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InvalidRequest, description)
    }

    /// The client did not prove who it is.
    pub fn invalid_client(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InvalidClient, description)
    }

    /// A code or refresh token gives nothing, or nothing any more.
    pub fn invalid_grant(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InvalidGrant, description)
    }

    /// The client may not do this.
    pub fn unauthorized_client(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::UnauthorizedClient, description)
    }

    /// A `grant_type` that is not offered.
    pub fn unsupported_grant_type() -> Self {
        let description = "grant_type is authorization_code, refresh_token or client_credentials";
        Self::new(Code::UnsupportedGrantType, description)
    }

    /// A scope is unknown, malformed, or beyond what was granted.
    pub fn invalid_scope(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InvalidScope, description)
    }

    /// A resource is malformed, unknown, or not for this client.
    pub fn invalid_target(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InvalidTarget, description)
    }

    /// The same request may succeed in a moment.
    pub fn temporarily_unavailable() -> Self {
        let description = "the server cannot answer right now: try again";
        Self::new(Code::TemporarilyUnavailable, description)
    }

    /// A fault of this program. The reason goes to the log, not to the client.
    pub fn internal(reason: impl Display) -> Self {
        Self::new(Code::ServerError, "the server failed").failed(reason)
    }
}

impl From<Malformed> for OAuthError {
    fn from(malformed: Malformed) -> Self {
        Self::invalid_request(malformed.to_string())
    }
}

impl From<Stale> for OAuthError {
    fn from(stale: Stale) -> Self {
        Self::temporarily_unavailable().failed(stale)
    }
}

impl From<DbError> for OAuthError {
    fn from(error: DbError) -> Self {
        Self::temporarily_unavailable().failed(error)
    }
}

impl From<AppendError> for OAuthError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Unavailable(error) => error.into(),
            AppendError::Refused(reason) => Self::internal(reason),
            _ => Self::temporarily_unavailable().failed(error),
        }
    }
}

impl From<Refused> for OAuthError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Refusal(refusal) => Self::invalid_grant(refusal.to_string()),
            Refused::Contended | Refused::RowsChanged => {
                Self::temporarily_unavailable().failed(refused)
            }
            Refused::Store(error) => error.into(),
            Refused::Internal(reason) => Self::internal(reason),
        }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body<'a> {
            error: Code,
            error_description: Cow<'a, str>,
        }
        let body = Body {
            error: self.code,
            error_description: description(&self.description),
        };
        let mut response = (self.code.status(), Json(body)).into_response();
        let because = self.fault.as_deref().unwrap_or(&self.description);
        let because = Because(format!("{}: {because}", self.code));
        response.extensions_mut().insert(because);
        let mut set = |name, value| {
            let value = HeaderValue::from_static(value);
            response.headers_mut().insert(name, value);
        };
        set(header::CACHE_CONTROL, "no-store");
        set(header::PRAGMA, "no-cache");
        match self.code {
            Code::InvalidClient => set(header::WWW_AUTHENTICATE, "Basic realm=\"clients\""),
            Code::TemporarilyUnavailable => set(header::RETRY_AFTER, "1"),
            _ => {}
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[test]
    fn each_code_has_its_status_and_headers() {
        let answer = OAuthError::invalid_grant("no").into_response();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        let answer = OAuthError::invalid_client("no").into_response();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert!(answer.headers().contains_key(header::WWW_AUTHENTICATE));
        let answer = OAuthError::from(Stale).into_response();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[header::RETRY_AFTER], "1");
    }
}
