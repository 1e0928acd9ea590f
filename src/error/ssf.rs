//! Errors of the Shared Signals endpoints: for a token as RFC 6750 has them, otherwise a status of SSF
//! 1.0 §8.1 with `err` and `description`, as the two ends tell each other of errors elsewhere (RFC 8935 §2.4).

use std::borrow::Cow;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::policy::throttle::Throttled;
use domain::refusal::Refusal;
use eventlog::{AppendError, DbError};
use serde_json::json;

use super::BearerError;
use crate::execute::Refused;
use crate::http::edge::Because;
use crate::snapshot::Stale;
use crate::throttle;

/// Why a receiver's request was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SsfError {
    /// For its token.
    Token(BearerError),
    /// For what it asks.
    Refused {
        /// The status of the answer.
        status: StatusCode,
        /// Words for the author of the receiver.
        description: Cow<'static, str>,
        /// Seconds until the same may be asked again.
        retry_after: Option<i64>,
    },
}

impl SsfError {
    /// An error with this status.
    pub fn new(status: StatusCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused {
            status,
            description: description.into(),
            retry_after: None,
        }
    }

    /// The request cannot be read, or asks for what cannot be.
    pub fn invalid(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, description)
    }

    /// This receiver has no such stream. Whether another has is not said (SSF 1.0 §8.1.1).
    pub fn no_stream() -> Self {
        Refusal::NotFound("stream").into()
    }

    /// The same was asked too often.
    pub fn too_often(retry_after: i64) -> Self {
        Self::Refused {
            status: StatusCode::TOO_MANY_REQUESTS,
            description: format!("too often: try again in {retry_after} seconds").into(),
            retry_after: Some(retry_after),
        }
    }

    fn unavailable() -> Self {
        Self::Refused {
            status: StatusCode::SERVICE_UNAVAILABLE,
            description: "the server cannot answer right now: try again".into(),
            retry_after: Some(1),
        }
    }

    /// A fault of this program. The reason goes to the log, not to the receiver.
    pub fn internal(reason: impl std::fmt::Display) -> Self {
        tracing::error!(%reason, "a request of a receiver failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed")
    }
}

/// The `err` of a status.
fn code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::FORBIDDEN => "access_denied",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::CONFLICT => "conflict",
        StatusCode::TOO_MANY_REQUESTS => "too_many_requests",
        status if status.is_server_error() => "server_error",
        _ => "invalid_request",
    }
}

impl From<BearerError> for SsfError {
    fn from(error: BearerError) -> Self {
        Self::Token(error)
    }
}

impl From<Refusal> for SsfError {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::NotFound(_) => StatusCode::NOT_FOUND,
            Refusal::TooMany(_) => StatusCode::CONFLICT,
            Refusal::Stopped(_) => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, refusal.to_string())
    }
}

impl From<Refused> for SsfError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Refusal(refusal) => refusal.into(),
            Refused::Store(error) => error.into(),
            Refused::Internal(reason) => Self::internal(reason),
            Refused::Contended | Refused::RowsChanged => Self::unavailable(),
        }
    }
}

impl From<DbError> for SsfError {
    fn from(error: DbError) -> Self {
        tracing::error!(%error, "a request of a receiver could not be answered");
        Self::unavailable()
    }
}

impl From<AppendError> for SsfError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Unavailable(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

impl From<Stale> for SsfError {
    fn from(_: Stale) -> Self {
        Self::unavailable()
    }
}

impl From<throttle::Refused> for SsfError {
    fn from(refused: throttle::Refused) -> Self {
        match refused {
            throttle::Refused::Throttled(Throttled {
                retry_after_seconds,
            }) => Self::too_often(retry_after_seconds),
            throttle::Refused::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for SsfError {
    fn into_response(self) -> Response {
        let (status, description, retry_after) = match self {
            Self::Token(error) => return error.into_response(),
            Self::Refused {
                status,
                description,
                retry_after,
            } => (status, description, retry_after),
        };
        let body = json!({"err": code(status), "description": description});
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        let because = Because(description.into_owned());
        response.extensions_mut().insert(because);
        response
    }
}
