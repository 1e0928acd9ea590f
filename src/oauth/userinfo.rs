//! Userinfo (OpenID Connect Core §5.3): what the person let a client know. It takes tokens that were
//! issued for it, without `resource`; one for an API is that API's, and refused with the reason.

use std::collections::BTreeSet;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use domain::value::{ScopeSet, UserId};
use serde_json::{Map, Value};

use super::claims::{self, Wanted};
use super::{bearer, cors, form, groups, liveness, path, protected_resource};
use crate::app::App;
use crate::error::BearerError;

/// `GET /userinfo`, `POST /userinfo`.
pub(super) async fn userinfo(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = match token(&method, &headers, &body) {
        Ok(token) => claims(&app, &token).await,
        Err(error) => Err(error),
    };
    let issuer = &app.config.issuer;
    let metadata = protected_resource::url_of(&path::url(issuer, path::USERINFO));
    let response = match answer {
        Ok(claims) => ([(header::CACHE_CONTROL, "no-store")], Json(claims)).into_response(),
        Err(error) => error.with_metadata(metadata).into_response(),
    };
    cors::for_clients(&app, &headers, response)
}

/// The one token of the request: in its header, or in the form that it posts (RFC 6750 §2.2).
fn token(method: &Method, headers: &HeaderMap, body: &[u8]) -> Result<String, BearerError> {
    let in_header = bearer::from_header(headers)?;
    let in_form = match form::parse(headers, body) {
        Ok(form) if method == Method::POST => form.get("access_token").map(str::to_owned),
        _ => None,
    };
    match (in_header, in_form) {
        (Some(token), None) => Ok(token.to_owned()),
        (None, Some(token)) => Ok(token),
        (None, None) => Err(BearerError::missing()),
        (Some(_), Some(_)) => Err(BearerError::malformed("send the token once")),
    }
}

async fn claims(app: &App, token: &str) -> Result<Map<String, Value>, BearerError> {
    let snapshot = app.snapshot.get()?;
    let audience = path::url(&app.config.issuer, path::USERINFO);
    let token = bearer::genuine(app, &snapshot, token, &audience)?;
    let scopes = ScopeSet::parse(&token.scope).map_err(|_| bearer::void())?;
    if !scopes.contains("openid") {
        return Err(BearerError::insufficient_scope("openid"));
    }
    snapshot.client(&token.client_id).ok_or_else(bearer::void)?;
    liveness::check(&app.log, &token, app.now())
        .await?
        .ok_or_else(bearer::void)?;
    let user = UserId::parse(&token.sub).map_err(|_| bearer::void())?;
    let wanted = Wanted::default().of_scopes(&scopes).named(&token.userinfo);
    let groups = if wanted.contains("groups") {
        groups::of(&app.log, &snapshot, user, app.now()).await?
    } else {
        BTreeSet::new()
    };
    let mut claims = claims::load(&app.log, user, &groups, &wanted).await?;
    claims.insert("sub".into(), token.sub.into());
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_once() {
        let mut headers = HeaderMap::new();
        assert!(token(&Method::GET, &headers, b"").is_err());
        let form = "application/x-www-form-urlencoded".parse().unwrap();
        headers.insert(header::CONTENT_TYPE, form);
        assert_eq!(
            token(&Method::POST, &headers, b"access_token=a"),
            Ok("a".into())
        );
        assert!(token(&Method::GET, &headers, b"access_token=a").is_err());
        headers.insert(header::AUTHORIZATION, "Bearer b".parse().unwrap());
        assert_eq!(token(&Method::POST, &headers, b""), Ok("b".into()));
        assert!(token(&Method::POST, &headers, b"access_token=a").is_err());
    }
}
