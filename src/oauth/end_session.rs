//! Signing out at a client's wish (OpenID Connect RP-Initiated Logout 1.0).
//!
//! With an ID token of this very session the wish is believed; otherwise the person is asked. Where
//! to go afterwards is followed only if it is registered, for a client that is proved or named.
//!
//! What is posted travels on, sealed, in an address ([`CONTINUE`]): a browser keeps our cookies back from
//! the form of another site, and who is signed in can only be told with them.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use domain::session::EndReason;
use domain::value::{ClientId, UserId};
use jose::Typ;
use serde::{Deserialize, Serialize};
use url::Url;

use super::sid::sid;
use crate::app::App;
use crate::command::sessions::EndSession;
use crate::error::page::PageError;
use crate::execute::{Refused, execute};
use crate::http::cookies::Cookie;
use crate::http::forgery;
use crate::http::form::Form;
use crate::http::request_id::RequestId;
use crate::pages::browser::{self, SignedIn};
use crate::pages::view::{Page, SignOut, SignedOut};
use crate::pages::{answer, form};
use crate::read;
use crate::snapshot::Snapshot;

/// Where to go after signing out, and for whom.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Leave {
    client: Option<String>,
    to: Option<String>,
}

const PURPOSE: &str = "end session";
const POSTED: &str = "end session request";

/// Where a request that was posted goes on, below the issuer's path.
pub const CONTINUE: &str = "/logout/continue";

/// `GET` of the end session endpoint
pub async fn get(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let form = form::query(query)?;
    begin(&app, &headers, &form, &request).await
}

/// `POST` of the end session endpoint
pub async fn post(State(app): State<App>, body: Bytes) -> Result<Response, PageError> {
    Form::parse(&body).map_err(PageError::bad_request)?;
    let request = String::from_utf8_lossy(&body);
    let sealed = app
        .secrets
        .cipher
        .seal_for(POSTED, &request, app.rng.as_ref());
    Ok(answer::see(&app, &format!("{CONTINUE}?flow={sealed}")))
}

/// `GET` of [`CONTINUE`]: the browser comes back, with its cookies.
pub async fn resume(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let form = form::query(query)?;
    let posted: Option<String> =
        form::sealed(&form, |sealed| app.secrets.cipher.open_for(POSTED, sealed))?;
    let posted = posted.ok_or_else(PageError::expired)?;
    let form = Form::parse(posted.as_bytes()).map_err(PageError::bad_request)?;
    begin(&app, &headers, &form, &request).await
}

/// `GET /sign-out`: the person's own wish.
pub async fn ask(State(app): State<App>, headers: HeaderMap) -> Result<Response, PageError> {
    match browser::signed_in(&app, &headers).await? {
        Some(person) => Ok(question(&app, &headers, &person, &Leave::default())),
        None => Ok(signed_out(&app)),
    }
}

/// `POST /sign-out`: the answer to the question.
pub async fn confirm(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, PageError> {
    let form = form::posted(&app, &headers, &body)?;
    let leave: Option<Leave> =
        form::sealed(&form, |sealed| app.secrets.cipher.open_for(PURPOSE, sealed))?;
    let leave = leave.unwrap_or_default();
    match browser::signed_in(&app, &headers).await? {
        Some(person) => end(&app, &person, &leave, &request).await,
        None => Ok(done(&app, &leave)),
    }
}

async fn begin(
    app: &App,
    headers: &HeaderMap,
    form: &Form,
    request: &RequestId,
) -> Result<Response, PageError> {
    let snapshot = app.snapshot.get()?;
    let hint = form
        .get("id_token_hint")
        .map(|hint| read_hint(app, &snapshot, hint))
        .transpose()?;
    let client = match (&hint, form.get("client_id")) {
        (Some(hint), Some(named)) if hint.aud.as_str() != named => {
            return Err(PageError::bad_request(
                "client_id and id_token_hint name different clients",
            ));
        }
        (Some(hint), _) => Some(hint.aud.as_str()),
        (None, named) => named,
    };
    let leave = leave(form, &snapshot, client)?;
    let Some(person) = browser::signed_in(app, headers).await? else {
        // A browser keeps our cookie back in a frame of another site; the hint tells.
        return match &hint {
            Some(hint) => match hinted(app, hint).await? {
                Some(person) => end(app, &person, &leave, request).await,
                None => Ok(done(app, &leave)),
            },
            None => Ok(done(app, &leave)),
        };
    };
    let believed = match &hint {
        Some(hint) => is_of(app, hint, &person),
        None => false,
    };
    if believed {
        return end(app, &person, &leave, request).await;
    }
    Ok(question(app, headers, &person, &leave))
}

/// What an ID token says of its session; an expired one still does (§4).
#[derive(Deserialize)]
struct Hint {
    iss: String,
    aud: ClientId,
    sub: String,
    sid: String,
}

fn read_hint(app: &App, snapshot: &Snapshot, text: &str) -> Result<Hint, PageError> {
    let invalid = || PageError::bad_request("id_token_hint is not an ID token of this server");
    let token = snapshot
        .keys
        .verify(text, Typ::JWT)
        .map_err(|_| invalid())?;
    let hint: Hint = token.claims().map_err(|_| invalid())?;
    if hint.iss != app.config.issuer.as_str() {
        return Err(invalid());
    }
    Ok(hint)
}

/// Whether an ID token was issued in the session of this browser.
fn is_of(app: &App, hint: &Hint, person: &SignedIn) -> bool {
    hint.sub == person.user.id.to_string()
        && hint.sid == sid(&app.secrets, person.row.session.id, &hint.aud)
}

/// The session that an ID token was issued in, if it is live.
async fn hinted(app: &App, hint: &Hint) -> Result<Option<SignedIn>, PageError> {
    let Ok(user) = UserId::parse(&hint.sub) else {
        return Ok(None);
    };
    let Some(row) = read::users::get(&app.log, user).await? else {
        return Ok(None);
    };
    let sessions = read::sessions::of_user(&app.log, user).await?;
    let matching = sessions
        .into_iter()
        .find(|session| hint.sid == sid(&app.secrets, session.session.id, &hint.aud));
    Ok(matching.map(|session| SignedIn {
        row: session,
        user: row.user,
    }))
}

/// Where to go afterwards, if it may be followed (§3).
fn leave(form: &Form, snapshot: &Snapshot, client: Option<&str>) -> Result<Leave, PageError> {
    let entry = client.and_then(|id| snapshot.client(id));
    let name = entry.map(|entry| entry.client.settings.name.clone());
    let Some(uri) = form.get("post_logout_redirect_uri") else {
        return Ok(Leave {
            client: name,
            to: None,
        });
    };
    let registered = entry.is_some_and(|entry| {
        entry
            .client
            .settings
            .post_logout_redirect_uris
            .iter()
            .any(|known| known.matches(uri))
    });
    let target = Url::parse(uri).ok().filter(|_| registered);
    let Some(mut target) = target else {
        return Err(PageError::redirect_mismatch());
    };
    if let Some(state) = form.get("state") {
        target.query_pairs_mut().append_pair("state", state);
    }
    Ok(Leave {
        client: name,
        to: Some(target.into()),
    })
}

async fn end(
    app: &App,
    person: &SignedIn,
    leave: &Leave,
    request: &RequestId,
) -> Result<Response, PageError> {
    let user = person.user.id;
    let facts = browser::facts(app, user, request);
    let command = EndSession {
        id: person.row.session.id,
        of: Some(user),
        reason: EndReason::SignedOut,
    };
    match execute(app, &command, &facts).await {
        Ok(()) | Err(Refused::Refusal(_)) => Ok(done(app, leave)),
        Err(error) => Err(error.into()),
    }
}

fn done(app: &App, leave: &Leave) -> Response {
    let mut response = match &leave.to {
        Some(to) => answer::see_other(to),
        None => signed_out(app),
    };
    let clear = Cookie::Session.clear(&app.config.issuer);
    response.headers_mut().append(header::SET_COOKIE, clear);
    response
}

fn signed_out(app: &App) -> Response {
    answer::html(
        StatusCode::OK,
        &SignedOut {
            page: browser::frame(app),
        },
        None,
    )
}

fn question(app: &App, headers: &HeaderMap, person: &SignedIn, leave: &Leave) -> Response {
    let guard = forgery::guard(app, headers);
    let flow = app
        .secrets
        .cipher
        .seal_for(PURPOSE, leave, app.rng.as_ref());
    let view = SignOut {
        page: Page {
            user: Some(person.person()),
            ..browser::frame(app)
        },
        csrf: &guard.token,
        flow: Some(&flow),
        client: leave.client.as_deref(),
    };
    let leads_to = leave.to.as_deref().and_then(|to| Url::parse(to).ok());
    answer::with_cookie(
        answer::html(StatusCode::OK, &view, leads_to.as_ref()),
        guard.cookie,
    )
}
