//! Changing the own password. Every other session and every grant ends with it.

use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use domain::policy::throttle::{self, Key};
use domain::value::Password;

use super::{OK, Visit, was};
use crate::command::users::SetPassword;
use crate::error::page::PageError;
use crate::pages::new_password::chosen;
use crate::pages::view::{AccountPassword, PasswordProblem, Wait};
use crate::pages::{answer, path};
use crate::passwords::Verdict;
use crate::read;
use crate::throttle::{Refused, give_back, spend};

/// `GET /account/password`
pub async fn show(visit: Visit, RawQuery(query): RawQuery) -> Response {
    page(&visit, None, None, was(query.as_deref(), "saved"), OK)
}

/// `POST /account/password`
pub async fn submit(visit: Visit, body: Bytes) -> Result<Response, PageError> {
    let Visit { app, person, .. } = &visit;
    let form = visit.form(&body)?;
    let again = |problem| {
        page(
            &visit,
            Some(problem),
            None,
            false,
            StatusCode::UNPROCESSABLE_ENTITY,
        )
    };
    let session = person.row.session.id.to_string();
    // Whoever finds an open browser must not guess the password at leisure.
    let budgets = [(Key::Device(person.user.id, &session), throttle::DEVICE)];
    match spend(app, &budgets).await {
        Ok(()) => {}
        Err(Refused::Throttled(throttled)) => {
            let seconds = u64::try_from(throttled.retry_after_seconds).unwrap_or_default();
            let wait = Wait(std::time::Duration::from_secs(seconds));
            let status = StatusCode::TOO_MANY_REQUESTS;
            let page = page(&visit, None, Some(wait), false, status);
            return Ok(answer::after(wait, page));
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
    let password = match chosen(app, &form, &person.user, stored.as_deref()).await? {
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
    visit.execute(&command).await?;
    let rows = give_back(app, &budgets);
    app.log.append(eventlog::Batch::rows(rows)).await?;
    Ok(answer::see(
        app,
        &format!("{}?saved", path::ACCOUNT_PASSWORD),
    ))
}

fn page(
    visit: &Visit,
    problem: Option<PasswordProblem>,
    throttled: Option<Wait>,
    saved: bool,
    status: StatusCode,
) -> Response {
    let guard = visit.guard();
    let view = AccountPassword {
        page: visit.frame(),
        csrf: &guard.token,
        username: visit.person.user.details.username.as_str(),
        min_length: Password::MIN_CHARS,
        problem,
        throttled,
        saved,
    };
    answer::with_cookie(answer::html(status, &view, None), guard.cookie)
}
