//! Choosing another password, as an operator demanded: after the present one was proved, and before
//! anything else.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::user::User;
use domain::value::{Password, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use url::Url;

use super::browser::{self, Device};
use super::sign_in::start;
use super::view::{NewPassword, PasswordProblem};
use super::{answer, form};
use crate::app::App;
use crate::command::users::SetPassword;
use crate::error::page::PageError;
use crate::execute::execute;
use crate::http::client_ip::ClientIp;
use crate::http::forgery;
use crate::http::form::Form;
use crate::http::request_id::RequestId;
use crate::oauth::authorize::{self, Flow};
use crate::passwords::Verdict;
use crate::read;

/// How long the change may take, in seconds.
const WITHIN: i64 = 900;

/// A person who proved who they are, but has to change the password before anything else.
#[derive(Serialize, Deserialize)]
struct Proved {
    user: UserId,
    flow: Option<Flow>,
    since: Timestamp,
    /// SHA-256 of the password hash that they proved it against.
    verified: [u8; 32],
}

const PROVED: &str = "password change demanded";

/// Asks a person who just proved their password for another. `verified` is its hash in PHC form.
pub(super) fn demand(
    app: &App,
    headers: &HeaderMap,
    user: &User,
    flow: Option<Flow>,
    verified: &str,
) -> Result<Response, PageError> {
    let proved = Proved {
        user: user.id,
        flow,
        since: app.now(),
        verified: browser::hash(verified),
    };
    page(app, headers, user, &proved, None)
}

/// `POST /sign-in/new-password`
pub(super) async fn submit(
    State(app): State<App>,
    Extension(ip): Extension<ClientIp>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, PageError> {
    let form = form::posted(&app, &headers, &body)?;
    let proved = form::sealed(&form, |sealed| {
        app.secrets.cipher.open_for::<Proved>(PROVED, sealed)
    })?
    .filter(|proved| app.now() < proved.since.plus(WITHIN))
    .ok_or_else(PageError::expired)?;
    let row = read::users::get(&app.log, proved.user)
        .await?
        .ok_or_else(PageError::expired)?;
    if !row.user.must_change_password || !row.user.enabled {
        return Err(PageError::expired());
    }
    let stored = read::users::password(&app.log, proved.user).await?;
    if stored.as_deref().map(browser::hash) != Some(proved.verified) {
        return Err(PageError::expired());
    }
    let password = match chosen(&app, &form, &row.user, stored.as_deref()).await? {
        Ok(password) => password,
        Err(problem) => return page(&app, &headers, &row.user, &proved, Some(problem)),
    };
    let Ok(phc) = app.passwords.hash(&password, app.rng.as_ref()).await else {
        return Err(PageError::unavailable());
    };
    let command = SetPassword {
        id: proved.user,
        phc,
        must_change: false,
        keep: None,
    };
    let facts = browser::facts(&app, proved.user, &request);
    execute(&app, &command, &facts).await?;
    let device = Device::of(&app, &headers)
        .filter(|device| device.user == proved.user)
        .unwrap_or_else(|| Device::new(&app, proved.user));
    let flow = proved.flow.as_ref();
    let started = start(
        &app,
        &headers,
        ip,
        &request,
        None,
        proved.user,
        None,
        &device,
        flow,
    );
    Ok(started.await?)
}

/// The new password of a form, if this user may take it.
pub(super) async fn chosen(
    app: &App,
    form: &Form,
    user: &User,
    stored: Option<&str>,
) -> Result<Result<Password, PasswordProblem>, PageError> {
    let password = match typed(form, user.details.username.as_str()) {
        Ok(password) => password,
        Err(problem) => return Ok(Err(problem)),
    };
    match app.passwords.verify(stored, &password).await {
        Ok(Verdict::Right { .. }) => Ok(Err(PasswordProblem::Unchanged)),
        Ok(Verdict::Wrong) => Ok(Ok(password)),
        Err(_) => Err(PageError::unavailable()),
    }
}

/// The new password of a form, typed twice, if somebody of this name may take it.
pub(super) fn typed(form: &Form, username: &str) -> Result<Password, PasswordProblem> {
    let first = form.get("new_password").unwrap_or_default();
    if first != form.get("new_password_again").unwrap_or_default() {
        return Err(PasswordProblem::Different);
    }
    let password = Password::parse(first)?;
    if first.eq_ignore_ascii_case(username) {
        return Err(PasswordProblem::TooEasy);
    }
    Ok(password)
}

fn page(
    app: &App,
    headers: &HeaderMap,
    user: &User,
    proved: &Proved,
    problem: Option<PasswordProblem>,
) -> Result<Response, PageError> {
    let guard = forgery::guard(app, headers);
    let flow = app
        .secrets
        .cipher
        .seal_for(PROVED, proved, app.rng.as_ref());
    let view = NewPassword {
        page: browser::frame(app),
        csrf: &guard.token,
        flow: Some(&flow),
        username: user.details.username.as_str(),
        min_length: Password::MIN_CHARS,
        problem,
    };
    let summary = proved
        .flow
        .as_ref()
        .map(|flow| authorize::summary(app, flow))
        .transpose()?;
    let leads_to = summary.and_then(|summary| Url::parse(&summary.redirect_uri).ok());
    Ok(answer::with_cookie(
        answer::html(StatusCode::OK, &view, leads_to.as_ref()),
        guard.cookie,
    ))
}
