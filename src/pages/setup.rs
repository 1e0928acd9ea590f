//! The first administrator's page, behind the one-time link that the terminal showed.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::refusal::Refusal;
use domain::value::{Password, RuleId, UserId, Username};

use super::browser::{self, Device};
use super::new_password::typed;
use super::sign_in::start;
use super::view::{FirstAdmin, PasswordProblem};
use super::{answer, form};
use crate::app::App;
use crate::bootstrap::first_admin::{self, BecomeAdministrator};
use crate::bootstrap::operator;
use crate::error::page::PageError;
use crate::execute::{Refused, execute};
use crate::http::client_ip::ClientIp;
use crate::http::forgery;
use crate::http::form::Form;
use crate::http::request_id::RequestId;

/// `GET /setup`
pub(super) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let form = form::query(query)?;
    let token = valid(&app, &form).await?;
    Ok(page(&app, &headers, token, "", None, None))
}

/// `POST /setup`
pub(super) async fn submit(
    State(app): State<App>,
    Extension(ip): Extension<ClientIp>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, PageError> {
    let form = form::posted(&app, &headers, &body)?;
    let secret = valid(&app, &form).await?;
    let name = form.get("username").unwrap_or_default();
    let again =
        |username: Option<&str>, password| page(&app, &headers, secret, name, username, password);
    let username = match Username::parse(name) {
        Ok(username) => username,
        Err(error) => return Ok(again(Some(&error.to_string()), None)),
    };
    let password = match typed(&form, username.as_str()) {
        Ok(password) => password,
        Err(problem) => return Ok(again(None, Some(problem))),
    };
    let Ok(phc) = app.passwords.hash(&password, app.rng.as_ref()).await else {
        return Err(PageError::unavailable());
    };
    let (user, rule) = (UserId::new(app.new_id()), RuleId::new(app.new_id()));
    let command = BecomeAdministrator {
        secret,
        user,
        username,
        phc,
        rule,
    };
    // The link is the operator's: so are its powers.
    let mut facts = operator(&app);
    facts.cause.request = Some(request.as_str().to_owned());
    match execute(&app, &command, &facts).await {
        Ok(()) => {}
        Err(Refused::RowsChanged) => return Err(PageError::link_used()),
        Err(Refused::Refusal(taken @ Refusal::Taken(_))) => {
            return Ok(again(Some(&taken.to_string()), None));
        }
        Err(error) => return Err(error.into()),
    }
    let device = Device::new(&app, user);
    Ok(start(
        &app, &headers, ip, &request, None, user, None, &device, None,
    )
    .await?)
}

/// The secret of the link, if it is valid.
async fn valid<'a>(app: &App, form: &'a Form) -> Result<&'a str, PageError> {
    let secret = form.get("token").ok_or_else(PageError::link_used)?;
    let is_valid = first_admin::is_valid(app, secret).await?;
    is_valid.then_some(secret).ok_or_else(PageError::link_used)
}

fn page(
    app: &App,
    headers: &HeaderMap,
    token: &str,
    username: &str,
    username_problem: Option<&str>,
    problem: Option<PasswordProblem>,
) -> Response {
    let guard = forgery::guard(app, headers);
    let view = FirstAdmin {
        page: browser::frame(app),
        csrf: &guard.token,
        token,
        username,
        username_problem,
        min_length: Password::MIN_CHARS,
        problem,
    };
    let refused = username_problem.is_some() || problem.is_some();
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    answer::with_cookie(answer::html(status, &view, None), guard.cookie)
}
