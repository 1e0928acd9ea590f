//! The error codes of OAuth and OpenID Connect that this server answers with, in one table.
//! `docs/errors.md` is printed from it.

use std::fmt;

use axum::http::StatusCode;
use serde::{Serialize, Serializer};

macro_rules! codes {
    ($( $code:ident $status:ident $name:literal $meaning:literal $advice:literal )*) => {
        /// An error code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $( #[doc = $meaning] $code, )* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$( Self::$code, )*];

            /// Its name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$code => $name, )* }
            }

            /// The status of an answer with it, where it is not sent by redirect.
            pub const fn status(self) -> StatusCode {
                match self { $( Self::$code => StatusCode::$status, )* }
            }

            /// What it means.
            pub const fn meaning(self) -> &'static str {
                match self { $( Self::$code => $meaning, )* }
            }

            /// What to do about it.
            pub const fn advice(self) -> &'static str {
                match self { $( Self::$code => $advice, )* }
            }
        }
    };
}

codes! {
    InvalidRequest BAD_REQUEST "invalid_request"
        "A parameter is missing, repeated, malformed, or in conflict with another."
        "Correct the client: the description names the parameter."
    InvalidClient UNAUTHORIZED "invalid_client"
        "The client is unknown or disabled, or did not prove who it is by the method that it is registered with."
        "Check client id, secret or key, and the method."
    InvalidGrant BAD_REQUEST "invalid_grant"
        "The code or refresh token is unknown, over, used or revoked, belongs to another client, or gives nothing any more."
        "Ask the person to sign in again."
    UnauthorizedClient BAD_REQUEST "unauthorized_client"
        "The client is not registered for this way of asking."
        "Register the grant type for the client, or ask another way."
    UnsupportedGrantType BAD_REQUEST "unsupported_grant_type"
        "This server does not know the grant type."
        "Use one of `grant_types_supported` in the server's metadata."
    UnsupportedResponseType BAD_REQUEST "unsupported_response_type"
        "This server does not know the response type."
        "Use `response_type=code`."
    InvalidScope BAD_REQUEST "invalid_scope"
        "A scope is malformed, belongs to no API that is asked for, or goes beyond what was granted."
        "Ask for scopes that the API has; when refreshing, for no more than was granted."
    InvalidTarget BAD_REQUEST "invalid_target"
        "The resource is malformed, unknown, disabled, or not for this client; which of these is not told."
        "Check the API's identifier, and that the API lets this client ask."
    AccessDenied FORBIDDEN "access_denied"
        "The person refused, or no rule of the API allows them any of the scopes."
        "Tell the person. An administrator may add them to a group that the API allows."
    LoginRequired BAD_REQUEST "login_required"
        "`prompt=none`, and the person would have to sign in; or somebody else signed in than the request names."
        "Ask again without `prompt=none`, or without `id_token_hint`."
    ConsentRequired BAD_REQUEST "consent_required"
        "`prompt=none`, and the person would have to be asked for consent."
        "Ask again without `prompt=none`."
    RequestNotSupported BAD_REQUEST "request_not_supported"
        "Request objects are not supported."
        "Send the parameters themselves."
    RequestUriNotSupported BAD_REQUEST "request_uri_not_supported"
        "Request objects are not supported."
        "Send the parameters themselves."
    RegistrationNotSupported BAD_REQUEST "registration_not_supported"
        "A client cannot register itself within a request."
        "Have the client registered first."
    UnmetAuthenticationRequirements BAD_REQUEST "unmet_authentication_requirements"
        "The person cannot sign in in the way that the client calls essential."
        "Ask for less, or make it voluntary."
    InvalidToken UNAUTHORIZED "invalid_token"
        "The access token is not ours, is over or revoked, or is for another API."
        "Get a new one for this API."
    InsufficientScope FORBIDDEN "insufficient_scope"
        "The access token lacks a scope, which the challenge names."
        "Ask for the scope, and have it allowed."
    TemporarilyUnavailable SERVICE_UNAVAILABLE "temporarily_unavailable"
        "The server cannot answer right now."
        "Send the same request again, after `Retry-After` seconds."
    ServerError INTERNAL_SERVER_ERROR "server_error"
        "A fault of this server."
        "Send the request's id, from `X-Request-Id`, to whoever runs it."
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// `UPDATE=1` prints it anew.
    #[test]
    fn the_page_of_errors_is_printed_from_the_table() {
        let mut page = include_str!("errors.md").to_owned();
        page.push_str(
            "| code | status | what it means | what to do |\n| --- | --- | --- | --- |\n",
        );
        for code in Code::ALL {
            let (status, meaning, advice) = (code.status().as_u16(), code.meaning(), code.advice());
            writeln!(page, "| `{code}` | {status} | {meaning} | {advice} |").unwrap();
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &page).unwrap();
        }
        let present = std::fs::read_to_string(path).unwrap();
        assert_eq!(
            present, page,
            "docs/errors.md is out of date: run with UPDATE=1"
        );
    }
}
