//! To the identity provider and back: sign-in, a token for an API, sign-out.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::app::{Api, App};
use super::callback::{self, Callback, CallbackError, Pending};
use super::issuer;
use super::oauth::{self, Target, TokenAnswer};
use super::pages::Failure;
use super::sessions::{self, ApiTokens, Person, Session};
use super::site::random;

/// `GET /sign-in`: a new session, and off to the provider.
pub(crate) async fn start(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let id = random();
    app.sessions.insert(
        id.clone(),
        Session {
            started: issuer::now(),
            ..Session::default()
        },
    );
    let redirect = authorize(&app, &id, None).await?;
    Ok((
        [(header::SET_COOKIE, sessions::set_cookie(&id, &app.url))],
        redirect,
    )
        .into_response())
}

/// Sends the browser to the provider, for a sign-in or for a token for `api`.
pub(crate) async fn authorize(
    app: &App,
    session: &str,
    api: Option<&Api>,
) -> Result<Redirect, Failure> {
    let pending = Pending {
        state: random(),
        nonce: random(),
        verifier: random(),
        api: api.map(|api| api.name.clone()),
    };
    let scope = api
        .map(|api| format!("{0}:read {0}:write", api.name))
        .unwrap_or_default();
    let url = oauth::authorize_url(
        &app.provider.endpoints().await?.authorize,
        &app.provider.client.id,
        &app.redirect_uri(),
        &pending,
        api.map(|api| Target {
            resource: &api.identifier,
            scope: &scope,
        }),
    )?;
    app.sessions
        .update(session, |session| session.pending = Some(pending));
    Ok(Redirect::to(url.as_str()))
}

/// `GET /callback`: checks the answer, redeems the code and believes the ID token.
pub(crate) async fn callback(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Query(answer): Query<Callback>,
) -> Result<Response, Failure> {
    let nobody = || Failure::again(&CallbackError::State);
    let (id, session) = app.sessions.find(&headers).ok_or_else(nobody)?;
    let pending = session.pending.clone().ok_or_else(nobody)?;
    let code = callback::check(answer, &pending, &app.provider.issuer)
        .map_err(|error| not_given(&error, &pending, &session))?;
    // Only now: a forged answer must not spoil the real one that may still come.
    app.sessions.update(&id, |session| session.pending = None);

    let api = pending
        .api
        .as_deref()
        .map(|name| app.api(name))
        .transpose()?;
    let redirect_uri = app.redirect_uri();
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &redirect_uri),
        ("code_verifier", &pending.verifier),
    ];
    form.extend(api.map(|api| ("resource", api.identifier.as_str())));
    let tokens = app.provider.token(&app.provider.client, &form).await?;
    let subject = app.provider.id_token(&tokens, &pending.nonce).await?.sub;
    match (api, session.person) {
        (Some(api), Some(person)) if person.subject == subject => {
            keep(&app, &id, &api.name, tokens);
            Ok(Redirect::to(&format!("/call/{}", api.name)).into_response())
        }
        (Some(_), _) => {
            app.sessions.remove(&id);
            Err(Failure::again(
                "somebody else is signed in at the identity provider now",
            ))
        }
        (None, _) => signed_in(&app, &id, subject, tokens).await,
    }
}

/// Keeps the tokens for an API.
pub(crate) fn keep(app: &App, session: &str, api: &str, answer: TokenAnswer) -> String {
    let tokens = ApiTokens {
        access: answer.access_token.clone(),
        refresh: answer.refresh_token,
        expires: issuer::now().saturating_add(answer.expires_in),
    };
    app.sessions.update(session, |session| {
        session.tokens.insert(api.to_owned(), tokens);
    });
    answer.access_token
}

/// Asks who it is, and goes on in a session whose name nobody knew before the sign-in.
async fn signed_in(
    app: &App,
    old: &str,
    subject: String,
    tokens: TokenAnswer,
) -> Result<Response, Failure> {
    let user = app.provider.user_info(&tokens.access_token).await?;
    if user.sub != subject {
        return Err(Failure::again(
            "userinfo and ID token are about different people",
        ));
    }
    let username = user.preferred_username.unwrap_or_default();
    let person = Person {
        name: user.name.unwrap_or_else(|| username.clone()),
        email: user.email.unwrap_or_default(),
        username,
        subject,
        id_token: tokens.id_token.unwrap_or_default(),
    };
    let started = app
        .sessions
        .remove(old)
        .map_or_else(issuer::now, |session| session.started);
    let id = random();
    let session = Session {
        person: Some(person),
        started,
        ..Session::default()
    };
    app.sessions.insert(id.clone(), session);
    let cookie = sessions::set_cookie(&id, &app.url);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

/// `POST /sign-out`: forgets the session here, then asks the provider to end its own.
pub(crate) async fn sign_out(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Redirect, Failure> {
    let session = app
        .sessions
        .find(&headers)
        .and_then(|(id, _)| app.sessions.remove(&id));
    let Some(person) = session.and_then(|session| session.person) else {
        return Ok(Redirect::to("/"));
    };
    let endpoint = &app.provider.endpoints().await?.end_session;
    let back = format!("{}/", app.url);
    let url = oauth::logout_url(endpoint, &app.provider.client.id, &person.id_token, &back)?;
    Ok(Redirect::to(url.as_str()))
}

/// What to tell when the provider gave no code: for an API it is most often a rule that says no.
fn not_given(error: &CallbackError, pending: &Pending, session: &Session) -> Failure {
    let (CallbackError::Refused { .. }, Some(api)) = (error, &pending.api) else {
        return Failure::again(error);
    };
    let who = session
        .person
        .as_ref()
        .map_or("you", |person| person.name.as_str());
    Failure {
        status: StatusCode::FORBIDDEN,
        title: format!("No token for {api}"),
        reason: error.to_string(),
        advice: format!(
            "The identity provider decides who may use an API, and gave this client no token for \
             {api} on behalf of {who}. Nothing was sent to {api}."
        ),
    }
}
