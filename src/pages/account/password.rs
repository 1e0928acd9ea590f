//! Changing the own password. Every other session and every grant ends with it.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::policy::throttle::{self, Key};
use domain::value::Password;

use super::{OK, SignedIn, frame, person, was};
use crate::app::App;
use crate::command::users::SetPassword;
use crate::error::page::PageError;
use crate::execute::execute;
use crate::http::forgery;
use crate::http::request_id::RequestId;
use crate::pages::new_password::chosen;
use crate::pages::view::{AccountPassword, PasswordProblem, Wait};
use crate::pages::{answer, browser, form, path};
use crate::passwords::Verdict;
use crate::read;
use crate::throttle::{Refused, give_back, spend};

/// `GET /account/password`
pub async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    match person(&app, &headers).await? {
        Ok(person) => Ok(page(
            &app,
            &headers,
            &person,
            None,
            None,
            was(query.as_deref(), "saved"),
            OK,
        )),
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// `POST /account/password`
pub async fn submit(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, PageError> {
    let person = match person(&app, &headers).await? {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let form = form::posted(&app, &headers, &body)?;
    let again = |problem| {
        page(
            &app,
            &headers,
            &person,
            Some(problem),
            None,
            false,
            StatusCode::UNPROCESSABLE_ENTITY,
        )
    };
    let session = person.row.session.id.to_string();
    // Whoever finds an open browser must not guess the password at leisure.
    let budgets = [(Key::Device(person.user.id, &session), throttle::DEVICE)];
    match spend(&app, &budgets).await {
        Ok(()) => {}
        Err(Refused::Throttled(throttled)) => {
            let seconds = u64::try_from(throttled.retry_after_seconds).unwrap_or_default();
            let wait = Wait(std::time::Duration::from_secs(seconds));
            let status = StatusCode::TOO_MANY_REQUESTS;
            return Ok(page(
                &app,
                &headers,
                &person,
                None,
                Some(wait),
                false,
                status,
            ));
        }
        Err(Refused::Store(error)) => return Err(error.into()),
    }
    let stored = read::users::password(&app.log, person.user.id).await?;
    let Ok(current) = Password::attempt(form.get("current_password").unwrap_or_default()) else {
        return Ok(again(PasswordProblem::WrongCurrent));
    };
    match app.passwords.verify(stored.as_deref(), &current).await {
        Ok(Verdict::Right { .. }) => {}
        Ok(Verdict::Wrong) => return Ok(again(PasswordProblem::WrongCurrent)),
        Err(_) => return Err(PageError::unavailable()),
    }
    let password = match chosen(&app, &form, &person.user, stored.as_deref()).await? {
        Ok(password) => password,
        Err(problem) => return Ok(again(problem)),
    };
    let Ok(phc) = app.passwords.hash(&password, app.rng.as_ref()).await else {
        return Err(PageError::unavailable());
    };
    let keep = Some(person.row.session.id);
    let command = SetPassword {
        id: person.user.id,
        phc,
        must_change: false,
        keep,
    };
    execute(
        &app,
        &command,
        &browser::facts(&app, person.user.id, &request),
    )
    .await?;
    let rows = give_back(&app, &budgets);
    app.log
        .append(eventlog::Batch {
            rows,
            ..eventlog::Batch::default()
        })
        .await?;
    Ok(answer::see(
        &app,
        &format!("{}?saved", path::ACCOUNT_PASSWORD),
    ))
}

fn page(
    app: &App,
    headers: &HeaderMap,
    person: &SignedIn,
    problem: Option<PasswordProblem>,
    throttled: Option<Wait>,
    saved: bool,
    status: StatusCode,
) -> Response {
    let guard = forgery::guard(app, headers);
    let view = AccountPassword {
        page: frame(app, person),
        csrf: &guard.token,
        username: person.user.details.username.as_str(),
        min_length: Password::MIN_CHARS,
        problem,
        throttled,
        saved,
    };
    answer::with_cookie(answer::html(status, &view, None), guard.cookie)
}
