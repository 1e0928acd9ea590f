//! Errors of the admin API: problem details (RFC 9457), one kind for each way out that a program can
//! take. [`Kind::ALL`] is the table of them; `docs/admin-api.md` prints it.

use std::borrow::Cow;
use std::fmt::Display;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::refusal::Refusal;
use eventlog::DbError;
use serde_json::{Map, Value};

use crate::admin_api;
use crate::error::BearerError;
use crate::execute::Refused;
use crate::http::edge::Because;
use crate::passwords::Busy;
use crate::snapshot::Stale;

macro_rules! kinds {
    ($( $(#[$doc:meta])* $kind:ident $status:ident $name:literal $title:literal )*) => {
        /// What kind of problem it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind { $( $(#[$doc])* $kind, )* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$( Self::$kind, )*];

            /// The status of the answer.
            pub fn status(self) -> StatusCode {
                match self { $( Self::$kind => StatusCode::$status, )* }
            }

            /// Its name: the fragment of its `type`.
            pub fn name(self) -> &'static str {
                match self { $( Self::$kind => $name, )* }
            }

            /// What it is, in words that are the same each time.
            pub fn title(self) -> &'static str {
                match self { $( Self::$kind => $title, )* }
            }
        }
    };
}

kinds! {
    /// The request cannot be read.
    InvalidRequest BAD_REQUEST "invalid-request" "The request cannot be read"
    /// No token, or one that is not good.
    InvalidToken UNAUTHORIZED "invalid-token" "This needs a valid access token for this API"
    /// The token lacks the operation's scope.
    InsufficientScope FORBIDDEN "insufficient-scope" "The token lacks a scope"
    /// The caller would give, take or use powers that they do not hold.
    InsufficientPowers FORBIDDEN "insufficient-powers" "Nobody grants what they do not hold"
    /// The thing named does not exist.
    NotFound NOT_FOUND "not-found" "There is no such thing"
    /// The address is right, the method is not.
    MethodNotAllowed METHOD_NOT_ALLOWED "method-not-allowed" "This address does not take this method"
    /// A name is held by another.
    Taken CONFLICT "taken" "The name is taken"
    /// What is asked does not fit the state that the thing is in.
    WrongState CONFLICT "wrong-state" "Not in its present state"
    /// Nobody would be left who can administer the realm.
    LastAdministrator CONFLICT "last-administrator" "The last administrator stays"
    /// A position of another log, or one that is not reached yet.
    PositionGone GONE "position-gone" "The log has no such position"
    /// The body is larger than 256 KiB.
    TooLarge PAYLOAD_TOO_LARGE "too-large" "The body is too large"
    /// The body is not JSON.
    NotJson UNSUPPORTED_MEDIA_TYPE "not-json" "The body must be application/json"
    /// A value is not what it has to be.
    InvalidValue UNPROCESSABLE_ENTITY "invalid-value" "A value cannot be accepted"
    /// A fault of the server's.
    Internal INTERNAL_SERVER_ERROR "internal" "A fault of the server's"
    /// The server cannot answer right now.
    Unavailable SERVICE_UNAVAILABLE "unavailable" "The server cannot answer right now: try again"
}

/// An error of the admin API.
#[derive(Debug, Clone)]
pub struct ApiError {
    kind: Kind,
    detail: Cow<'static, str>,
    challenge: Option<HeaderValue>,
    members: Map<String, Value>,
    /// What failed on our side: for the log, in the line of the request.
    fault: Option<String>,
}

impl ApiError {
    /// An error of this kind, with words about this one occurrence.
    pub fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            challenge: None,
            members: Map::new(),
            fault: None,
        }
    }

    fn failed(self, fault: impl Display) -> Self {
        Self {
            fault: Some(fault.to_string()),
            ..self
        }
    }

    /// There is no such thing.
    pub fn not_found(noun: &'static str) -> Self {
        Refusal::NotFound(noun).into()
    }

    /// The error with one more member for programs to read (RFC 9457 §3.2).
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// What kind of problem it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal {
            Refusal::NotFound(_) => Kind::NotFound,
            Refusal::Taken(_) => Kind::Taken,
            Refusal::UserDisabled
            | Refusal::ClientDisabled
            | Refusal::SessionEnded
            | Refusal::GrantRevoked
            | Refusal::NestingCycle
            | Refusal::NotDeleted
            | Refusal::BuiltIn(_)
            | Refusal::TooMany(_)
            | Refusal::Stopped(_)
            | Refusal::NotDead
            | Refusal::ServiceAccount => Kind::WrongState,
            Refusal::NeedsPowers(_) => Kind::InsufficientPowers,
            Refusal::LastAdministrator => Kind::LastAdministrator,
            Refusal::Invalid(_) | Refusal::UnknownScope(_) | Refusal::AlreadyExpired => {
                Kind::InvalidValue
            }
        };
        Self::new(kind, refusal.to_string())
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Refusal(refusal) => refusal.into(),
            Refused::Store(error) => error.into(),
            Refused::Internal(reason) => {
                Self::new(Kind::Internal, "the request was not carried out").failed(reason)
            }
            Refused::Contended | Refused::RowsChanged => {
                Self::new(Kind::Unavailable, refused.to_string())
            }
        }
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        Self::new(Kind::Unavailable, "the database is unavailable").failed(error)
    }
}

impl From<Stale> for ApiError {
    fn from(stale: Stale) -> Self {
        Self::new(Kind::Unavailable, stale.to_string())
    }
}

impl From<Busy> for ApiError {
    fn from(busy: Busy) -> Self {
        Self::new(Kind::Unavailable, busy.to_string())
    }
}

impl From<BearerError> for ApiError {
    fn from(error: BearerError) -> Self {
        let kind = match error.status() {
            StatusCode::UNAUTHORIZED => Kind::InvalidToken,
            StatusCode::FORBIDDEN => Kind::InsufficientScope,
            StatusCode::BAD_REQUEST => Kind::InvalidRequest,
            _ => Kind::Unavailable,
        };
        let (_, words) = error.words();
        Self {
            challenge: error.challenge(),
            fault: error.fault().map(str::to_owned),
            ..Self::new(kind, words.into_owned())
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.kind.status();
        let kind = format!("{}/problems#{}", admin_api::PATH, self.kind.name());
        let mut body = self.members;
        body.insert("type".into(), kind.into());
        body.insert("title".into(), self.kind.title().into());
        body.insert("status".into(), status.as_u16().into());
        body.insert("detail".into(), self.detail.into());
        let json = (
            [(header::CONTENT_TYPE, "application/problem+json")],
            Value::Object(body).to_string(),
        );
        let mut response = (status, json).into_response();
        if let Some(fault) = self.fault {
            response.extensions_mut().insert(Because(fault));
        }
        let headers = response.headers_mut();
        if let Some(challenge) = self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if self.kind == Kind::Unavailable {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_name_of_its_own() {
        let mut names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len());
    }

    #[test]
    fn a_refusal_keeps_its_words() {
        let error = ApiError::from(Refusal::NotFound("user")).with("start", "1.0");
        assert_eq!(error.kind(), Kind::NotFound);
        assert_eq!(error.detail, "there is no such user");
        assert_eq!(error.members["start"], "1.0");
    }

    #[test]
    fn a_refused_token_is_told_why_in_the_header_too() {
        let error = ApiError::from(BearerError::insufficient_scope("users.read"));
        assert_eq!(error.kind(), Kind::InsufficientScope);
        let response = error.into_response();
        let challenge = response.headers()[header::WWW_AUTHENTICATE].to_str();
        assert!(
            challenge
                .unwrap()
                .contains("error=\"insufficient_scope\", error_description=")
        );
    }
}
