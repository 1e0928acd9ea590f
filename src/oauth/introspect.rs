//! Token introspection (RFC 7662): an API asks whether a token is good. It sees only tokens that are
//! for itself; of all others, and of none, it learns the same.

use std::borrow::Cow;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use domain::value::ApiId;
use serde::Serialize;

use super::access_token::{self, AccessToken};
use super::client_auth::is_one_of;
use super::{basic, form, liveness};
use crate::app::App;
use crate::error::OAuthError;
use crate::http::form::Form;
use crate::snapshot::{ApiEntry, Snapshot};

/// What an API learns of a token.
#[derive(Debug, Default, Serialize)]
struct Answer<'a> {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(flatten)]
    token: Option<&'a AccessToken<'a>>,
}

/// `POST /introspect`.
pub(super) async fn introspect(
    State(app): State<App>,
    headers: HeaderMap,
    form::Body(body): form::Body,
) -> Result<Response, OAuthError> {
    let snapshot = app.snapshot.get()?;
    let form = form::parse(&headers, &body)?;
    let api = caller(&snapshot, &headers, &form)?;
    let token = form::required(&form, "token")?;
    let issuer = &app.config.issuer;
    let token = access_token::read(token, issuer, &snapshot.keys, &app.secrets.cipher)
        .filter(|token| token.aud == api.api.settings.identifier.as_str())
        .filter(|token| liveness::client_of(&snapshot, token, &api.api).is_some());
    let alive = match &token {
        Some(token) => liveness::check(&app.log, token, app.now()).await?,
        None => None,
    };
    let answer = match &alive {
        Some(alive) => Answer {
            active: true,
            token_type: Some("Bearer"),
            username: alive.username.as_deref(),
            token: token.as_ref(),
        },
        None => Answer::default(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

/// The API that asks, by its identifier or id and its credential.
fn caller<'s>(
    snapshot: &'s Snapshot,
    headers: &HeaderMap,
    form: &Form,
) -> Result<&'s ApiEntry, OAuthError> {
    let refused = || OAuthError::invalid_client("the API is unknown or its credential is wrong");
    let basic = basic::credentials(headers)?;
    let (id, secret) = match (&basic, form.get("client_id"), form.get("client_secret")) {
        (Some(basic), None, None) => {
            let (id, secret) = basic.of_api().ok_or_else(refused)?;
            (Cow::Owned(id), Cow::Owned(secret))
        }
        (None, Some(id), Some(secret)) => (id.into(), secret.into()),
        _ => return Err(refused()),
    };
    find(snapshot, &id)
        .filter(|entry| entry.api.settings.enabled)
        .filter(|entry| is_one_of(entry.credential_hash.as_slice(), &secret))
        .ok_or_else(refused)
}

fn find<'s>(snapshot: &'s Snapshot, id: &str) -> Option<&'s ApiEntry> {
    match ApiId::parse(id) {
        Ok(id) => snapshot.apis.get(&id),
        Err(_) => snapshot.api_named(id).ok()?,
    }
}
