//! A small API that trusts one issuer: its routes, its metadata (RFC 9728) and its refusals
//! (RFC 6750 §3). It knows no client by name; what a token says about scope and audience decides.
//! To start an API of your own from this, replace `list` and `add`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jose::{TokenError, Typ};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::issuer::{self, IssuerKeys, Unreachable, VerifyError};
use super::tokens::AccessToken;

/// What this API is called and whom it trusts.
#[derive(Clone)]
pub(crate) struct Config {
    /// The only issuer whose tokens count.
    pub(crate) issuer: String,
    /// The name that a token's `aud` must hold: a URI that stays when the address changes.
    pub(crate) identifier: String,
    /// The first half of the scopes and the path of the collection, such as `photos`.
    pub(crate) name: String,
    /// Where this API is reached, without a slash at the end.
    pub(crate) url: String,
}

struct Api {
    config: Config,
    keys: IssuerKeys,
    /// Titles by owner: everyone sees their own.
    items: Mutex<BTreeMap<String, Vec<String>>>,
}

/// Answers until the process or the task ends.
pub(crate) async fn serve(config: Config, listener: TcpListener) -> std::io::Result<()> {
    let router = router(config).map_err(std::io::Error::other)?;
    axum::serve(listener, router).await
}

fn router(config: Config) -> Result<Router, Unreachable> {
    let keys = IssuerKeys::new(&config.issuer, issuer::http()?);
    let router = Router::new()
        .route(&format!("/{}", config.name), get(list).post(add))
        .route(&metadata_path(&config.identifier), get(metadata))
        .fallback(async || (StatusCode::NOT_FOUND, Json(json!({ "error": "not_found" }))));
    Ok(router.with_state(Arc::new(Api {
        config,
        keys,
        items: Mutex::default(),
    })))
}

async fn list(caller: Caller) -> Result<Json<Value>, Refusal> {
    caller.needs("read")?;
    let Caller { api, token } = caller;
    let items = api.items.lock().unwrap_or_else(PoisonError::into_inner);
    let mine = items.get(&token.sub).cloned().unwrap_or_default();
    Ok(Json(
        json!({ "owner": token.sub, "client": token.client_id, &api.config.name: mine }),
    ))
}

#[derive(Deserialize)]
struct NewItem {
    title: String,
}

async fn add(
    caller: Caller,
    Json(NewItem { title }): Json<NewItem>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    caller.needs("write")?;
    let Caller { api, token } = caller;
    let answer = json!({ "owner": token.sub, "added": title });
    let mut items = api.items.lock().unwrap_or_else(PoisonError::into_inner);
    items.entry(token.sub).or_default().push(title);
    Ok((StatusCode::CREATED, Json(answer)))
}

/// How a client finds out which issuer to ask for a token (RFC 9728 §3).
async fn metadata(State(api): State<Arc<Api>>) -> Json<Value> {
    let Config {
        issuer,
        identifier,
        name,
        ..
    } = &api.config;
    Json(json!({
        "resource": identifier,
        "resource_name": name,
        "authorization_servers": [issuer],
        "scopes_supported": [format!("{name}:read"), format!("{name}:write")],
        "bearer_methods_supported": ["header"],
    }))
}

/// The path of an identifier follows the well-known part, without its last slash (RFC 9728 §3.1).
fn metadata_path(identifier: &str) -> String {
    let path = url::Url::parse(identifier).map(|url| url.path().trim_end_matches('/').to_owned());
    format!(
        "/.well-known/oauth-protected-resource{}",
        path.unwrap_or_default()
    )
}

/// Whoever sent a valid access token for this API. A handler that takes one is protected.
struct Caller {
    api: Arc<Api>,
    token: AccessToken,
}

impl FromRequestParts<Arc<Api>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Refusal> {
        let token = match bearer(&parts.headers) {
            Some(token) => authenticate(api, token).await,
            None => Err(Why::NoToken),
        };
        let token = token.map_err(|why| Refusal::new(&api.config, why, "read"))?;
        // Names the token, never shows it: this line is what a later question is answered from.
        tracing::info!(
            api = api.config.name, method = %parts.method,
            sub = token.sub, client = token.client_id, jti = token.jti, "called"
        );
        Ok(Self {
            api: api.clone(),
            token,
        })
    }
}

impl Caller {
    /// Refuses a token without the scope `<name>:<verb>`.
    fn needs(&self, verb: &'static str) -> Result<(), Refusal> {
        let config = &self.api.config;
        let needed = format!("{}:{verb}", config.name);
        if self.token.allows(&needed) {
            return Ok(());
        }
        let held = self.token.scope.clone();
        Err(Refusal::new(config, Why::Scope { needed, held }, verb))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_start())
}

/// The order of RFC 9068 §4: type and signature first, so that no unproven word is repeated.
async fn authenticate(api: &Api, token: &str) -> Result<AccessToken, Why> {
    let verified = api
        .keys
        .verify(token, Typ::AT_JWT, Instant::now())
        .await
        .map_err(|error| match error {
            VerifyError::Token(TokenError::WrongType) => {
                Why::Invalid("this is not an access token: its typ is not at+jwt".into())
            }
            VerifyError::Token(error) => Why::Invalid(error.to_string()),
            VerifyError::Unreachable(error) => Why::Unavailable(error.to_string()),
        })?;
    let invalid = |error: &dyn std::fmt::Display| Why::Invalid(error.to_string());
    let token: AccessToken = verified.claims().map_err(|error| invalid(&error))?;
    token
        .check(&api.config.issuer, &api.config.identifier, issuer::now())
        .map_err(|error| invalid(&error))?;
    Ok(token)
}

/// Why a request is refused, in words for the person who reads the answer.
#[derive(Debug, thiserror::Error)]
enum Why {
    #[error("send an access token for this API: Authorization: Bearer <token>")]
    NoToken,
    #[error("{0}")]
    Invalid(String),
    #[error("this needs the scope {needed}, and the token has: {held}")]
    Scope { needed: String, held: String },
    #[error("{0}")]
    Unavailable(String),
}

/// An answer of RFC 6750 §3.1, with the link of RFC 9728 §5.1.
struct Refusal {
    why: Why,
    metadata: String,
    scope: String,
}

impl Refusal {
    fn new(config: &Config, why: Why, verb: &str) -> Self {
        Self {
            why,
            metadata: format!("{}{}", config.url, metadata_path(&config.identifier)),
            scope: format!("{}:{verb}", config.name),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self {
            why,
            metadata,
            scope,
        } = self;
        let (status, error) = match why {
            Why::NoToken => (StatusCode::UNAUTHORIZED, "missing_token"),
            Why::Invalid(_) => (StatusCode::UNAUTHORIZED, "invalid_token"),
            Why::Scope { .. } => (StatusCode::FORBIDDEN, "insufficient_scope"),
            Why::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
        };
        let reason = why.to_string();
        let body = Json(json!({ "error": error, "error_description": reason }));
        let challenge = match why {
            Why::Unavailable(_) => {
                return (status, [(header::RETRY_AFTER, "5")], body).into_response();
            }
            // Who sent no token made no mistake to be told of (RFC 6750 §3.1).
            Why::NoToken => format!(r#"Bearer scope="{scope}", resource_metadata="{metadata}""#),
            Why::Invalid(_) | Why::Scope { .. } => format!(
                r#"Bearer error="{error}", error_description="{}", scope="{scope}", resource_metadata="{metadata}""#,
                quotable(&reason)
            ),
        };
        (status, [(header::WWW_AUTHENTICATE, challenge)], body).into_response()
    }
}

/// A quoted string of RFC 6750 §3 holds neither quotes and backslashes nor anything but ASCII.
fn quotable(text: &str) -> String {
    let allowed = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
    text.chars()
        .map(|c| if allowed(c) { c } else { '\'' })
        .collect()
}

#[cfg(test)]
#[path = "api_tests.rs"]
mod tests;
