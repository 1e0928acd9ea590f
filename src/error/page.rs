//! Errors that a person meets, as pages that say what happened and what to do.
//!
//! A handler returns a [`PageError`]; [`render`] turns it into a page on the way out, where the
//! request's id is known.

use std::borrow::Cow;
use std::fmt::Display;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use eventlog::{AppendError, DbError};

use super::Code;
use crate::app::App;
use crate::execute::Refused;
use crate::http::edge::Because;
use crate::http::request_id::RequestId;
use crate::pages::view::{Detail, ErrorPage, Problem, Wait};
use crate::pages::{answer, browser};
use crate::snapshot::Stale;

/// What went wrong.
#[derive(Debug, Clone)]
pub struct PageError {
    kind: Kind,
    /// The protocol's error code and words for the developer of a client.
    detail: Option<(Code, Cow<'static, str>)>,
    /// What failed on our side: for the log, in the line of the request.
    fault: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    UnknownClient,
    RedirectMismatch,
    BadRequest,
    AccessDenied,
    NotFound,
    Expired,
    LinkUsed,
    TooMany(u64),
    Unavailable,
    Internal,
}

impl PageError {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            detail: None,
            fault: None,
        }
    }

    fn with(kind: Kind, code: Code, words: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: Some((code, words.into())),
            fault: None,
        }
    }

    fn failed(kind: Kind, fault: impl Display) -> Self {
        Self {
            fault: Some(fault.to_string()),
            ..Self::new(kind)
        }
    }

    /// An authorization request of a client that is unknown or disabled.
    pub fn unknown_client() -> Self {
        Self::with(
            Kind::UnknownClient,
            Code::InvalidRequest,
            "client_id names no client that may be used",
        )
    }

    /// An authorization request with a redirect URI that is not registered.
    pub fn redirect_mismatch() -> Self {
        let words = "redirect_uri is not exactly one that is registered for this client";
        Self::with(Kind::RedirectMismatch, Code::InvalidRequest, words)
    }

    /// Another request that cannot be answered by redirect.
    pub fn bad_request(words: impl Display) -> Self {
        Self::with(Kind::BadRequest, Code::InvalidRequest, words.to_string())
    }

    /// The person may not do this.
    pub fn access_denied() -> Self {
        Self::new(Kind::AccessDenied)
    }

    /// There is nothing at this address.
    pub fn not_found() -> Self {
        Self::new(Kind::NotFound)
    }

    /// A form that is too old, or was not asked for by this browser.
    pub fn expired() -> Self {
        Self::new(Kind::Expired)
    }

    /// A one-time link that is void.
    pub fn link_used() -> Self {
        Self::new(Kind::LinkUsed)
    }

    /// Too many requests; the next counts in so many seconds.
    pub fn too_many(seconds: i64) -> Self {
        Self::new(Kind::TooMany(u64::try_from(seconds).unwrap_or_default()))
    }

    /// The server cannot answer right now.
    pub fn unavailable() -> Self {
        Self::new(Kind::Unavailable)
    }
}

impl From<Stale> for PageError {
    fn from(stale: Stale) -> Self {
        Self::failed(Kind::Unavailable, stale)
    }
}

impl From<DbError> for PageError {
    fn from(error: DbError) -> Self {
        Self::failed(Kind::Unavailable, error)
    }
}

impl From<AppendError> for PageError {
    fn from(error: AppendError) -> Self {
        let kind = match error {
            AppendError::Refused(_) => Kind::Internal,
            _ => Kind::Unavailable,
        };
        Self::failed(kind, error)
    }
}

impl From<Refused> for PageError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Refusal(refusal) => Self::bad_request(refusal),
            Refused::Contended | Refused::RowsChanged => Self::failed(Kind::Unavailable, refused),
            Refused::Store(error) => error.into(),
            Refused::Internal(reason) => Self::failed(Kind::Internal, reason),
        }
    }
}

impl IntoResponse for PageError {
    /// The status alone; [`render`] makes the page of it.
    fn into_response(self) -> Response {
        let mut response = self.problem().status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl PageError {
    fn problem(&self) -> Problem<'static> {
        match self.kind {
            Kind::UnknownClient => Problem::UnknownClient,
            Kind::RedirectMismatch => Problem::RedirectMismatch,
            Kind::BadRequest => Problem::BadRequest,
            Kind::AccessDenied => Problem::AccessDenied,
            Kind::NotFound => Problem::NotFound,
            Kind::Expired => Problem::Expired { again: None },
            Kind::LinkUsed => Problem::LinkUsed,
            Kind::TooMany(seconds) => {
                Problem::TooManyRequests(Wait(std::time::Duration::from_secs(seconds)))
            }
            Kind::Unavailable => Problem::Unavailable,
            Kind::Internal => Problem::Internal,
        }
    }
}

/// Middleware of the pages: renders the errors that they answer with.
pub async fn render(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request
        .extensions()
        .get::<RequestId>()
        .cloned()
        .unwrap_or_default();
    let mut response = next.run(request).await;
    let Some(error) = response.extensions_mut().remove::<PageError>() else {
        return response;
    };
    let problem = error.problem();
    let status: StatusCode = problem.status();
    let view = ErrorPage {
        page: browser::frame(&app),
        problem,
        detail: error.detail.as_ref().map(|(code, description)| Detail {
            code: code.as_str(),
            description,
        }),
        request_id: id.as_str(),
    };
    let mut page = answer::html(status, &view, None);
    if let Some(fault) = error.fault {
        page.extensions_mut().insert(Because(fault));
    }
    page
}
