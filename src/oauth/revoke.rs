//! Token revocation (RFC 7009): a client gives back what it was given. A refresh token takes its
//! grant and every token of it along; an access token goes alone, by a row that stays until its end.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::client::Client;
use domain::grant::RevokeReason;
use domain::value::{GrantId, Timestamp};
use eventlog::{Batch, Statement, Value};

use super::access_token::{self, AccessToken};
use super::refresh_family::RefreshToken;
use super::{client_auth, cors, form};
use crate::app::App;
use crate::command::grants::RevokeGrant;
use crate::error::OAuthError;
use crate::execute::{Facts, execute};
use crate::http::request_id::RequestId;
use crate::read;

/// `POST /revoke`.
pub(super) async fn revoke(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Result<form::Body, OAuthError>,
) -> Response {
    let answer = answer(&app, &request, &headers, body).await;
    cors::for_clients(
        &app,
        &headers,
        answer.map(|()| StatusCode::OK).into_response(),
    )
}

async fn answer(
    app: &App,
    request: &RequestId,
    headers: &HeaderMap,
    body: Result<form::Body, OAuthError>,
) -> Result<(), OAuthError> {
    let snapshot = app.snapshot.get()?;
    let form = form::parse(headers, &body?.0)?;
    let now = app.now();
    let client = client_auth::authenticate(app, &snapshot, now, headers, &form).await?;
    let token = form::required(&form, "token")?;
    if let Some(token) = RefreshToken::parse(token, &app.secrets.refresh) {
        let facts = client_auth::facts(client, now, request);
        return revoke_grant(app, client, token.grant, &facts).await;
    }
    let issuer = &app.config.issuer;
    match access_token::read(token, issuer, &snapshot.keys, &app.secrets.cipher) {
        Some(token) if token.client_id != client.id.as_str() => Err(not_theirs()),
        Some(token) if !token.is_over(now) => revoke_token(app, &token).await,
        // A token that is worth nothing is what the client wants (§2.2).
        _ => Ok(()),
    }
}

async fn revoke_grant(
    app: &App,
    client: &Client,
    grant: GrantId,
    facts: &Facts,
) -> Result<(), OAuthError> {
    let Some(row) = read::grants::get(&app.log, grant).await? else {
        return Ok(());
    };
    if row.grant.client != client.id {
        return Err(not_theirs());
    }
    let revoke = RevokeGrant {
        id: grant,
        reason: RevokeReason::RevokedByClient,
    };
    Ok(execute(app, &revoke, facts).await?)
}

async fn revoke_token(app: &App, token: &AccessToken<'_>) -> Result<(), OAuthError> {
    let expires = Timestamp::from_seconds(token.exp);
    let row = Statement::new(
        "INSERT INTO revoked_tokens (jti, expires) VALUES ($1, $2) ON CONFLICT (jti) DO NOTHING",
        [Value::from(token.jti.to_string()), expires.micros().into()],
    );
    app.log.append(Batch::rows([row])).await?;
    Ok(())
}

fn not_theirs() -> OAuthError {
    OAuthError::invalid_grant("the token was issued to another client")
}
