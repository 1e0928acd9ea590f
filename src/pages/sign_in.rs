//! Signing in with a username and a password.
//!
//! Unknown user, wrong password and disabled account look alike and cost alike. A try is paid for
//! before the password is looked at.

use std::time::Duration;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use domain::personal::Personal;
use domain::policy::throttle;
use domain::user::UserKind;
use domain::value::{Email, Password, UserId, Username};
use eventlog::Batch;
use url::Url;

use super::browser::{self, Device, SignedIn};
use super::view::{SignIn, SignInProblem, Wait, Who};
use super::{answer, form, new_password, path};
use crate::app::App;
use crate::command::sessions::{Reauthenticate, StartSession};
use crate::command::users::rehash;
use crate::error::page::PageError;
use crate::execute::{Refused, execute};
use crate::http::client_ip::ClientIp;
use crate::http::cookies::Cookie;
use crate::http::forgery;
use crate::http::request_id::RequestId;
use crate::oauth::authorize::{self, Flow};
use crate::passwords::Verdict;
use crate::read;
use crate::throttle::{Refused as Throttle, give_back, spend};

/// How a password is named among the ways to prove who one is (RFC 8176).
const PASSWORD: &str = "pwd";

/// When to come back where too many passwords are being checked.
const BUSY: Duration = Duration::from_secs(1);

/// `GET /sign-in`
pub async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let form = form::query(query)?;
    let flow = form::sealed(&form, |sealed| Flow::open(&app, sealed))?;
    let person = browser::signed_in(&app, &headers).await?;
    if flow.is_none() && person.is_some() {
        return Ok(answer::see(&app, path::ACCOUNT));
    }
    let switching = form.get("switch").is_some();
    let person = person.filter(|_| !switching);
    page(
        &app,
        &headers,
        flow.as_ref(),
        person.as_ref(),
        "",
        None,
        StatusCode::OK,
    )
}

/// `POST /sign-in`
pub async fn submit(
    State(app): State<App>,
    Extension(ip): Extension<ClientIp>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, PageError> {
    let form = form::posted(&app, &headers, &body)?;
    let flow = form::sealed(&form, |sealed| Flow::open(&app, sealed))?;
    // Keyboards that complete words add a space; no name has one.
    let typed = form.get("username").unwrap_or_default().trim();
    let present = browser::signed_in(&app, &headers).await?;
    let again = |problem, status| {
        page(
            &app,
            &headers,
            flow.as_ref(),
            None,
            typed,
            Some(problem),
            status,
        )
    };

    let (key, user) = find(&app, typed).await?;
    let device = Device::of(&app, &headers).filter(|device| Some(device.user) == user);
    let known = device
        .as_ref()
        .map(|device| (device.user, device.id.as_str()));
    let budgets = throttle::budgets(&key, known, ip.0);
    match spend(&app, &budgets).await {
        Ok(()) => {}
        Err(Throttle::Throttled(throttled)) => {
            let seconds = u64::try_from(throttled.retry_after_seconds).unwrap_or_default();
            let wait = Wait(Duration::from_secs(seconds));
            let page = again(
                SignInProblem::Throttled(wait),
                StatusCode::TOO_MANY_REQUESTS,
            )?;
            return Ok(answer::after(wait, page));
        }
        Err(Throttle::Store(error)) => return Err(error.into()),
    }
    let stored = match user {
        Some(user) => read::users::password(&app.log, user).await?,
        None => None,
    };
    let attempt = Password::attempt(form.get("password").unwrap_or_default());
    let Ok(attempt) = attempt else {
        return again(SignInProblem::Wrong, StatusCode::OK);
    };
    let Ok(verdict) = app.passwords.verify(stored.as_deref(), &attempt).await else {
        let page = again(SignInProblem::Busy, StatusCode::SERVICE_UNAVAILABLE)?;
        return Ok(answer::after(Wait(BUSY), page));
    };
    let (Verdict::Right { rehash: outdated }, Some(id), Some(stored)) = (verdict, user, stored)
    else {
        return again(SignInProblem::Wrong, StatusCode::OK);
    };
    let Some(row) = read::users::get(&app.log, id).await? else {
        return again(SignInProblem::Wrong, StatusCode::OK);
    };
    if !row.user.enabled || row.user.kind == UserKind::Service {
        return again(SignInProblem::Wrong, StatusCode::OK);
    }
    let mut rows = give_back(&app, &budgets);
    let mut verified = stored;
    if outdated && let Ok(phc) = app.passwords.hash(&attempt, app.rng.as_ref()).await {
        rows.push(rehash(id, &verified, &phc));
        verified = phc;
    }
    app.log
        .append(Batch {
            rows,
            ..Batch::default()
        })
        .await?;
    if row.user.must_change_password {
        return new_password::demand(&app, &headers, &row.user, flow, &verified);
    }
    let device = device.unwrap_or_else(|| Device::new(&app, id));
    match start(
        &app,
        &headers,
        ip,
        &request,
        present,
        id,
        Some(&verified),
        &device,
        flow.as_ref(),
    )
    .await
    {
        Err(Refused::Refusal(_)) => again(SignInProblem::Wrong, StatusCode::OK),
        other => Ok(other?),
    }
}

/// Starts a session, or renews the one of the same person, and sends the browser on.
#[expect(clippy::too_many_arguments, reason = "all that a session is made of")]
pub(super) async fn start(
    app: &App,
    headers: &HeaderMap,
    ip: ClientIp,
    request: &RequestId,
    present: Option<SignedIn>,
    user: UserId,
    verified: Option<&str>,
    device: &Device,
    flow: Option<&Flow>,
) -> Result<Response, Refused> {
    let now = app.now();
    let facts = browser::facts(app, user, request);
    let (secret, secret_hash) = browser::new_secret(app);
    let amr = vec![PASSWORD.to_owned()];
    let same = present.as_ref().filter(|present| present.user.id == user);
    if let Some(present) = same {
        let session = present.row.session.id;
        execute(
            app,
            &Reauthenticate {
                session,
                user,
                amr,
                verified: verified.map(str::to_owned),
                secret_hash,
            },
            &facts,
        )
        .await?;
    } else {
        let command = StartSession {
            id: browser::new_session(app),
            secret_hash,
            user,
            amr,
            verified: verified.map(str::to_owned),
            idle_expires: browser::idle_end(app, now),
            expires: now.plus(browser::lifetime(app).absolute_seconds),
            personal: Personal {
                ip: Some(ip.0.to_string()),
                user_agent: browser::user_agent(headers),
                ..Personal::default()
            },
            replaces: present.map(|present| present.row.session.id),
        };
        execute(app, &command, &facts).await?;
    }
    let mut response = match flow {
        Some(flow) => authorize::back(app, flow),
        None => answer::see(app, path::ACCOUNT),
    };
    let cookies = [
        Cookie::Session.set(&app.config.issuer, &secret, None),
        device.cookie(app),
    ];
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The key that tries are counted under, and whose name it is.
async fn find(app: &App, typed: &str) -> Result<(String, Option<UserId>), PageError> {
    if let Ok(email) = Email::parse(typed) {
        let user = read::users::by_email(&app.log, &email).await?;
        return Ok((email.key(), user));
    }
    match Username::parse(typed) {
        Ok(username) => {
            let user = read::users::by_username(&app.log, &username).await?;
            Ok((username.as_str().to_owned(), user))
        }
        Err(_) => Ok((String::new(), None)),
    }
}

fn page(
    app: &App,
    headers: &HeaderMap,
    flow: Option<&Flow>,
    person: Option<&SignedIn>,
    typed: &str,
    problem: Option<SignInProblem>,
    status: StatusCode,
) -> Result<Response, PageError> {
    let guard = forgery::guard(app, headers);
    let summary = flow.map(|flow| authorize::summary(app, flow)).transpose()?;
    let sealed = flow.map(|flow| flow.seal(app));
    let hint = summary
        .as_ref()
        .and_then(|summary| summary.login_hint.as_deref())
        .unwrap_or_default();
    let base = app.config.issuer.path();
    let switch = format!(
        "{base}{}?switch=1&flow={}",
        path::SIGN_IN,
        sealed.as_deref().unwrap_or_default()
    );
    let who = match person {
        Some(person) => Who::Again {
            person: person.person(),
            switch: &switch,
        },
        None if typed.is_empty() => Who::Anyone(hint),
        None => Who::Anyone(typed),
    };
    let view = SignIn {
        page: browser::frame(app),
        csrf: &guard.token,
        flow: sealed.as_deref(),
        client: summary.as_ref().map(|summary| summary.client.as_str()),
        who,
        problem,
    };
    let leads_to = summary
        .as_ref()
        .and_then(|summary| Url::parse(&summary.redirect_uri).ok());
    Ok(answer::with_cookie(
        answer::html(status, &view, leads_to.as_ref()),
        guard.cookie,
    ))
}
