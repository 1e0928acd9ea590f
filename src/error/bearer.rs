//! Errors of what access tokens open here (RFC 6750 §3): userinfo and the admin API.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use eventlog::DbError;
use serde_json::json;

use super::{Code, description};
use crate::http::edge::Because;
use crate::snapshot::Stale;

/// Why a token opened nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BearerError {
    reason: Reason,
    /// Where the metadata of the resource are (RFC 9728 §5.1).
    metadata: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    Missing,
    Malformed(&'static str),
    Invalid(Cow<'static, str>),
    InsufficientScope(String),
    /// With what failed on our side: for the log, in the line of the request.
    Unavailable(String),
}

impl BearerError {
    fn new(reason: Reason) -> Self {
        Self {
            reason,
            metadata: None,
        }
    }

    /// The request has no token.
    pub fn missing() -> Self {
        Self::new(Reason::Missing)
    }

    /// The request has more than one token, or one where none belongs.
    pub fn malformed(description: &'static str) -> Self {
        Self::new(Reason::Malformed(description))
    }

    /// The token is not one of ours, is over, was revoked, or is for something else.
    pub fn invalid(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Reason::Invalid(description.into()))
    }

    /// The token lacks these scopes.
    pub fn insufficient_scope(needed: impl Display) -> Self {
        Self::new(Reason::InsufficientScope(needed.to_string()))
    }

    /// Tells where the metadata of the resource are.
    #[must_use]
    pub fn with_metadata(self, url: String) -> Self {
        Self {
            metadata: Some(url),
            ..self
        }
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.words()
            .0
            .map_or(StatusCode::UNAUTHORIZED, Code::status)
    }

    /// The error code, where there is one, and words for the author of the client.
    pub fn words(&self) -> (Option<Code>, Cow<'_, str>) {
        match &self.reason {
            Reason::Missing => (None, "this needs an access token".into()),
            Reason::Malformed(description) => (Some(Code::InvalidRequest), (*description).into()),
            Reason::Invalid(description) => (Some(Code::InvalidToken), description.as_ref().into()),
            Reason::InsufficientScope(needed) => {
                let description = format!("the token lacks a scope: {needed}");
                (Some(Code::InsufficientScope), description.into())
            }
            Reason::Unavailable(_) => {
                let description = "the server cannot answer right now: try again";
                (Some(Code::TemporarilyUnavailable), description.into())
            }
        }
    }

    /// What failed on our side, if that is why.
    pub fn fault(&self) -> Option<&str> {
        match &self.reason {
            Reason::Unavailable(fault) => Some(fault),
            _ => None,
        }
    }

    /// The `WWW-Authenticate` header; none where another token would not help.
    pub fn challenge(&self) -> Option<HeaderValue> {
        if self.fault().is_some() {
            return None;
        }
        let mut challenge = String::from("Bearer realm=\"chancery\"");
        let mut parameter = |name: &str, value: &str| {
            // Nothing may end the quotation.
            write!(challenge, ", {name}=\"{}\"", description(value)).ok();
        };
        if let (Some(code), words) = self.words() {
            parameter("error", code.as_str());
            parameter("error_description", &words);
        }
        if let Reason::InsufficientScope(needed) = &self.reason {
            parameter("scope", needed);
        }
        if let Some(url) = &self.metadata {
            parameter("resource_metadata", url);
        }
        HeaderValue::from_str(&challenge).ok()
    }
}

impl From<Stale> for BearerError {
    fn from(stale: Stale) -> Self {
        Self::new(Reason::Unavailable(stale.to_string()))
    }
}

impl From<DbError> for BearerError {
    fn from(error: DbError) -> Self {
        Self::new(Reason::Unavailable(error.to_string()))
    }
}

impl IntoResponse for BearerError {
    fn into_response(self) -> Response {
        let (code, words) = self.words();
        let said = description(&words);
        let body = match code {
            Some(code) => json!({"error": code, "error_description": said}),
            None => json!({"error_description": said}),
        };
        let mut response = (self.status(), Json(body)).into_response();
        let because = self.fault().unwrap_or(&words).to_owned();
        response.extensions_mut().insert(Because(because));
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self.challenge() {
            Some(challenge) => headers.insert(header::WWW_AUTHENTICATE, challenge),
            None => headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1")),
        };
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(error: &BearerError) -> String {
        error.challenge().unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn a_request_without_token_is_told_no_error() {
        let error = BearerError::missing().with_metadata("https://id.example/m".into());
        let expected = "Bearer realm=\"chancery\", resource_metadata=\"https://id.example/m\"";
        assert_eq!(challenge(&error), expected);
        assert_eq!(error.status(), StatusCode::UNAUTHORIZED);
    }

    #[test]
    fn a_missing_scope_is_named() {
        let error = BearerError::insufficient_scope("users.read");
        assert_eq!(error.status(), StatusCode::FORBIDDEN);
        assert!(challenge(&error).contains("error=\"insufficient_scope\""));
        assert!(challenge(&error).ends_with("scope=\"users.read\""));
    }

    #[test]
    fn words_cannot_leave_their_quotation() {
        let error = BearerError::invalid("for \"a\", scope=\"all\"");
        assert!(challenge(&error).ends_with("error_description=\"for 'a', scope='all'\""));
    }
}
