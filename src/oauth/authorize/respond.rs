//! The answer of the authorization endpoint, on its way back to the client.
//!
//! Every answer names the issuer (RFC 9207). Redirects are 303: a form's body never travels on
//! (RFC 9700 §4.12).

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::draft::{Draft, ResponseMode};
use super::problem::Problem;
use crate::app::App;
use crate::error::description;
use crate::http::edge::Because;
use crate::pages::view::FormPost;
use crate::pages::{answer, browser};

/// Sends a code.
pub(super) fn code(app: &App, draft: &Draft<'_>, code: &str) -> Response {
    send(app, draft, &[("code", code)])
}

/// Sends an error.
pub(super) fn error(app: &App, draft: &Draft<'_>, problem: &Problem) -> Response {
    let (code, words) = (problem.code.as_str(), problem.description.as_ref());
    let said = description(words);
    let fields = [("error", code), ("error_description", &said)];
    let mut response = send(app, draft, &fields);
    let because = Because(format!("{}: {code}: {words}", draft.client.client.id));
    response.extensions_mut().insert(because);
    response
}

fn send(app: &App, draft: &Draft<'_>, what: &[(&str, &str)]) -> Response {
    let Ok(mut url) = Url::parse(&draft.redirect_uri) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let issuer = app.config.issuer.as_str();
    let state = draft.state.map(|state| ("state", state));
    let fields = what.iter().copied().chain(state).chain([("iss", issuer)]);
    match draft.response_mode {
        ResponseMode::Query => {
            url.query_pairs_mut().extend_pairs(fields);
            answer::see_other(url.as_str())
        }
        ResponseMode::FormPost => {
            let fields: Vec<(&str, &str)> = fields.collect();
            answer::form_post(&FormPost {
                page: browser::frame(app),
                redirect_uri: &url,
                client: &draft.client.client.settings.name,
                fields: &fields,
            })
        }
    }
}
