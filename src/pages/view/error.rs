//! Error pages that help: what happened, what to do about it, and what a developer needs to know.
//!
//! The authorization errors among them are those that must not be redirected (RFC 6749, section
//! 4.1.2.1), because who asked or where to go is not certain.

use askama::Template;
use axum::http::StatusCode;

use super::{Page, Wait};

/// The error page.
#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// What went wrong.
    pub problem: Problem<'a>,
    /// The protocol error, if it is one.
    pub detail: Option<Detail<'a>>,
    /// Finds this request in the server's records.
    pub request_id: &'a str,
}

/// What went wrong, as far as the person is concerned.
#[derive(Clone, Copy, Debug)]
pub enum Problem<'a> {
    /// An authorization request of a client that the realm does not know.
    UnknownClient,
    /// An authorization request with a redirect URI that its client has not registered.
    RedirectMismatch,
    /// Another request that makes no sense and cannot be answered by redirect.
    BadRequest,
    /// The person may not do this.
    AccessDenied,
    /// There is nothing at this address.
    NotFound,
    /// A form was sent that is not valid any more; holds where to start again.
    Expired {
        /// Where to start again, if that is known.
        again: Option<&'a str>,
    },
    /// A one-time link that was used, replaced or never existed.
    LinkUsed,
    /// Too many requests: when to come back.
    TooManyRequests(Wait),
    /// The server cannot answer right now.
    Unavailable,
    /// A fault of ours.
    Internal,
}

/// What the developer of a client needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Detail<'a> {
    /// The protocol's error code: `invalid_request`.
    pub code: &'a str,
    /// What exactly is wrong.
    pub description: &'a str,
}

impl Problem<'_> {
    /// The status that the page is answered with.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::UnknownClient | Self::RedirectMismatch | Self::BadRequest => {
                StatusCode::BAD_REQUEST
            }
            Self::AccessDenied | Self::Expired { .. } => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::LinkUsed => StatusCode::GONE,
            Self::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::UnknownClient => "This app is not on the roll",
            Self::RedirectMismatch => "This app gave a wrong return address",
            Self::BadRequest => "This request cannot be understood",
            Self::AccessDenied => "You may not do this",
            Self::NotFound => "There is nothing here",
            Self::Expired { .. } => "This page was open too long",
            Self::LinkUsed => "This link is not valid any more",
            Self::TooManyRequests(_) => "Too many requests",
            Self::Unavailable => "Not available right now",
            Self::Internal => "Something went wrong here",
        }
    }

    fn happened(&self) -> &'static str {
        match self {
            Self::UnknownClient => {
                "An app sent you here to sign in, but no app of that name is registered. \
                 Nothing was shared with it."
            }
            Self::RedirectMismatch => {
                "The app asked to send you back to an address that is not registered for it. \
                 That may be a mistake, or someone trying to catch your sign-in, so you stay here. \
                 Nothing was shared."
            }
            Self::BadRequest => {
                "The app that sent you here left something out or put it wrongly. \
                 Nothing was shared with it."
            }
            Self::AccessDenied => "You are signed in, but your account has no access to this.",
            Self::NotFound => "The address is mistyped, or what stood here has moved.",
            Self::Expired { .. } => {
                "To protect you, a form can be sent for a limited time and from the browser that \
                 opened it only. Nothing was changed."
            }
            Self::LinkUsed => "It works once and for a limited time, and a newer one replaces it.",
            Self::TooManyRequests(_) => "More requests came from here than can be answered.",
            Self::Unavailable => "The server is starting, stopping or overloaded.",
            Self::Internal => "The fault is ours, not yours. It has been recorded.",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::UnknownClient | Self::RedirectMismatch | Self::BadRequest => {
                "Go back to the app and try again. If it stays like this, send the details below \
                 to the people who run the app."
            }
            Self::AccessDenied => {
                "If you think you should have access, ask the people who run this realm. \
                 If you have another account, sign out and use that one."
            }
            Self::NotFound => "Check the address, or go to your account.",
            Self::Expired { .. } => {
                "Start again. If this keeps happening, see that your browser accepts cookies from \
                 this site."
            }
            Self::LinkUsed => {
                "If you have used it already, sign in. Otherwise make a new one on the server \
                 with “chancery admin recover”."
            }
            Self::TooManyRequests(wait) => return format!("Wait {wait}, then try again."),
            Self::Unavailable => "Try again in a moment.",
            Self::Internal => {
                "Try again. If it stays like this, send the number below to the people who run \
                 this realm."
            }
        }
        .to_owned()
    }

    /// The one link that gets the person on, and its words.
    fn way_out(&self) -> Option<(&str, &'static str)> {
        match self {
            Self::Expired { again } => again.map(|url| (url, "Start again")),
            _ => None,
        }
    }

    fn leads_to_account(&self) -> bool {
        matches!(self, Self::NotFound | Self::LinkUsed)
    }
}

#[cfg(test)]
impl ErrorPage<'static> {
    /// One page per problem, with its name.
    pub(crate) fn samples() -> [(&'static str, Self); 10] {
        let wait = Wait(std::time::Duration::from_secs(45));
        let detail = Detail {
            code: "invalid_request",
            description: "redirect_uri is not registered for client demo-web",
        };
        [
            ("unknown_client", Problem::UnknownClient, None),
            ("redirect_mismatch", Problem::RedirectMismatch, Some(detail)),
            ("bad_request", Problem::BadRequest, Some(detail)),
            ("access_denied", Problem::AccessDenied, None),
            ("not_found", Problem::NotFound, None),
            (
                "expired",
                Problem::Expired {
                    again: Some("/sign-in"),
                },
                None,
            ),
            ("link_used", Problem::LinkUsed, None),
            ("too_many_requests", Problem::TooManyRequests(wait), None),
            ("unavailable", Problem::Unavailable, None),
            ("internal", Problem::Internal, None),
        ]
        .map(|(name, problem, detail)| {
            let page = Page::sample();
            (
                name,
                Self {
                    page,
                    problem,
                    detail,
                    request_id: "0198b2c4-7d1e-7a60-9f2b-3c5d6e7f8091",
                },
            )
        })
    }
}
