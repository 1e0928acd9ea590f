//! What each page shows. The templates are in `templates/demo/` and escape every value.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::events::Event;
use super::issuer::Unreachable;
use super::oauth::{OAuthError, SignInError};
use super::sessions::Person;
use super::site::page;

#[derive(Template)]
#[template(path = "demo/home.html")]
pub(crate) struct Home<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) person: Option<Person>,
    pub(crate) apis: Vec<&'a str>,
    pub(crate) events: bool,
}

#[derive(Template)]
#[template(path = "demo/call.html")]
pub(crate) struct Call<'a> {
    pub(crate) api: &'a str,
    /// The API that the token is for.
    pub(crate) holder: &'a str,
    pub(crate) others: Vec<&'a str>,
    pub(crate) url: &'a str,
    pub(crate) status: String,
    pub(crate) ok: bool,
    pub(crate) reason: &'a str,
    pub(crate) challenge: String,
    pub(crate) body: String,
    pub(crate) decoded: Decoded,
    pub(crate) token: &'a str,
}

#[derive(Template)]
#[template(path = "demo/events.html")]
pub(crate) struct Events<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) admin: &'a str,
    pub(crate) since: Vec<Event>,
    pub(crate) before: Vec<Event>,
}

/// A page that says what went wrong and what to do.
#[derive(Template)]
#[template(path = "demo/failure.html")]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) title: String,
    pub(crate) reason: String,
    pub(crate) advice: String,
}

/// The readable parts of a JWT. A client has no business reading its access token (RFC 9068 §6);
/// this one does, because people want to see what is in it.
pub(crate) struct Decoded {
    pub(crate) header: String,
    pub(crate) claims: String,
}

impl Decoded {
    pub(crate) fn of(token: &str) -> Self {
        let mut parts = token.split('.').map(|part| {
            let json = URL_SAFE_NO_PAD.decode(part).ok()?;
            let json: Value = serde_json::from_slice(&json).ok()?;
            Some(format!("{json:#}"))
        });
        let mut next = || {
            parts
                .next()
                .flatten()
                .unwrap_or_else(|| "not readable: opaque".into())
        };
        Self {
            header: next(),
            claims: next(),
        }
    }
}

impl Failure {
    /// Something about the sign-in is not right, and the person can only start anew.
    pub(crate) fn again(reason: &(impl ToString + ?Sized)) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            title: "Sign-in did not work".into(),
            reason: reason.to_string(),
            advice: "Go back to the start and sign in again.".into(),
        }
    }

    fn no_answer(reason: &(impl ToString + ?Sized)) -> Self {
        Self {
            status: StatusCode::BAD_GATEWAY,
            title: "No usable answer".into(),
            reason: reason.to_string(),
            advice: "Check that the servers run and try again.".into(),
        }
    }
}

impl From<Unreachable> for Failure {
    fn from(error: Unreachable) -> Self {
        Self::no_answer(&error)
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::no_answer(&error)
    }
}

impl From<url::ParseError> for Failure {
    fn from(error: url::ParseError) -> Self {
        Self::no_answer(&format!(
            "the identity provider's metadata has no usable address: {error}"
        ))
    }
}

impl From<SignInError> for Failure {
    fn from(error: SignInError) -> Self {
        Self::again(&error)
    }
}

impl From<OAuthError> for Failure {
    fn from(error: OAuthError) -> Self {
        match error {
            OAuthError::Refused { .. } => Self::again(&error),
            OAuthError::Unreachable(error) => error.into(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, page(&self)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_shown_as_its_two_readable_parts() {
        let token = format!(
            "{}.{}.sig",
            URL_SAFE_NO_PAD.encode(r#"{"typ":"at+jwt"}"#),
            URL_SAFE_NO_PAD.encode(r#"{"aud":"x"}"#)
        );
        let decoded = Decoded::of(&token);
        assert_eq!(decoded.header, "{\n  \"typ\": \"at+jwt\"\n}");
        assert_eq!(decoded.claims, "{\n  \"aud\": \"x\"\n}");
        assert!(Decoded::of("opaque").claims.contains("opaque"));
    }

    #[test]
    fn what_others_wrote_is_escaped() {
        let failure = Failure::again("<script>alert(1)</script>");
        assert!(!failure.render().unwrap().contains("<script>"));
    }
}
