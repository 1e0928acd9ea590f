//! Calling an API for the person who is signed in, with a token that is for this API alone.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;

use super::app::{Api, App};
use super::oauth::OAuthError;
use super::pages::{Call, Decoded, Failure};
use super::sessions::Session;
use super::site::page;
use super::{issuer, sign_in};

/// A token is renewed this many seconds before it ends, so that it does not end on its way.
const EARLY: i64 = 30;

#[derive(Deserialize)]
pub(crate) struct Options {
    /// Send the token for this API instead, to see what happens.
    with: Option<String>,
    /// Renew the token first, though it is still good.
    #[serde(default)]
    renew: bool,
}

/// `GET /call/{api}`: gets a token if there is none, sends it, and shows what came of it.
pub(crate) async fn call(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(options): Query<Options>,
) -> Result<Response, Failure> {
    let session = app
        .sessions
        .find(&headers)
        .filter(|(_, session)| session.person.is_some());
    let Some((id, session)) = session else {
        return Ok(Redirect::to("/").into_response());
    };
    let api = app.api(&name)?;
    let holder = app.api(options.with.as_deref().unwrap_or(&name))?;
    let Some(token) = token(&app, &id, &session, holder, options.renew).await? else {
        return Ok(sign_in::authorize(&app, &id, Some(holder))
            .await?
            .into_response());
    };

    let url = format!("{}/{}", api.url, api.name);
    let response = app
        .provider
        .http
        .get(&url)
        .bearer_auth(&token)
        .send()
        .await?;
    let status = response.status();
    let challenge = response.headers().get(header::WWW_AUTHENTICATE);
    let challenge = challenge
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let body = response.text().await?;
    let json: Option<Value> = serde_json::from_str(&body).ok();
    let reason = json
        .as_ref()
        .and_then(|json| json["error_description"].as_str());
    Ok(page(&Call {
        api: &api.name,
        holder: &holder.name,
        others: app
            .apis
            .iter()
            .map(|api| api.name.as_str())
            .filter(|other| *other != api.name)
            .collect(),
        url: &url,
        status: status.to_string(),
        ok: status.is_success(),
        reason: reason.unwrap_or_default(),
        challenge,
        body: json
            .as_ref()
            .map_or(body.clone(), |json| format!("{json:#}")),
        decoded: Decoded::of(&token),
        token: &token,
    }))
}

/// A token that is still good, or a renewed one; `None` if the provider has to ask the person.
async fn token(
    app: &App,
    id: &str,
    session: &Session,
    api: &Api,
    renew: bool,
) -> Result<Option<String>, Failure> {
    let Some(tokens) = session.tokens.get(&api.name) else {
        return Ok(None);
    };
    if !renew && tokens.expires > issuer::now().saturating_add(EARLY) {
        return Ok(Some(tokens.access.clone()));
    }
    let Some(refresh) = &tokens.refresh else {
        return Ok(None);
    };
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh),
        ("resource", &api.identifier),
    ];
    match app.provider.token(&app.provider.client, &form).await {
        Ok(mut answer) => {
            // A provider that does not rotate sends none, and the old one stays (RFC 6749 §6).
            answer.refresh_token.get_or_insert_with(|| refresh.clone());
            Ok(Some(sign_in::keep(app, id, &api.name, answer)))
        }
        // The session ended, or a rule changed: asking again either helps or tells why.
        Err(OAuthError::Refused { error, .. }) if error == "invalid_grant" => {
            app.sessions
                .update(id, |session| drop(session.tokens.remove(&api.name)));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
