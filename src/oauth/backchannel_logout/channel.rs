//! Posting logout tokens (§2.5): each is made when it is sent, for it lives two minutes.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use domain::value::ClientId;
use jose::Typ;
use serde::Serialize;
use serde_json::json;

use super::{CHANNEL, Notice};
use crate::app::App;
use crate::delivery::{Channel, Item, Outgoing, Route, Unsendable, Verdict};
use crate::outbound::{self, Answer, Endpoint};
use crate::read;
use crate::snapshot::Stale;
use crate::ssf::sign;

/// How long a logout token is good, in seconds (§2.4: at most two minutes).
const LIFETIME: i64 = 120;

/// Posts logout tokens.
pub struct LogoutTokens;

/// The claims of a logout token (§2.4). It has no `nonce`, so that nobody takes it for an ID token.
#[derive(Serialize)]
struct LogoutToken<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a str,
    #[serde(flatten)]
    notice: Notice,
    events: serde_json::Value,
}

impl Channel for LogoutTokens {
    fn name(&self) -> &'static str {
        CHANNEL
    }

    fn route(&self, app: &App, id: &str) -> Result<Option<Route>, Stale> {
        let snapshot = app.snapshot.get()?;
        let uri = snapshot
            .client(id)
            .and_then(|entry| entry.client.settings.backchannel_logout_uri.as_ref())
            // It was read once before it was stored.
            .and_then(|uri| Endpoint::parse(uri.as_str()).ok());
        Ok(uri.map(|endpoint| Route {
            endpoint,
            tls: outbound::Tls::System,
            hold: false,
        }))
    }

    fn request(&self, app: &App, id: &str, item: &Item) -> Result<Outgoing, Unsendable> {
        let snapshot = app.snapshot.get().map_err(Unsendable::target)?;
        let entry = snapshot.client(id).ok_or(Unsendable::gone())?;
        let client: &ClientId = &entry.client.id;
        let now = app.now().seconds();
        let token = LogoutToken {
            iss: app.config.issuer.as_str(),
            aud: client.as_str(),
            iat: now,
            exp: now + LIFETIME,
            jti: &item.id,
            notice: serde_json::from_str(&item.body).map_err(Unsendable::new)?,
            events: json!({"http://schemas.openid.net/event/backchannel-logout": {}}),
        };
        let alg = entry.client.settings.id_token_alg;
        let claims = read::json(&token);
        let signed = sign::sign(&snapshot.keys, alg, Typ::LOGOUT_JWT, &claims)?;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        Ok(Outgoing {
            headers: HeaderMap::from_iter([(CONTENT_TYPE, form)]),
            // Base64 with dots needs no escapes in a form.
            body: format!("logout_token={}", signed.token),
            signed: None,
        })
    }

    fn judge(&self, answer: &Answer) -> Verdict {
        match answer.status {
            200..=299 => Verdict::Delivered,
            // The client read it and will not have it (§2.8).
            400 => Verdict::Never,
            410 => Verdict::Gone,
            429 | 500.. => Verdict::TargetLater,
            _ => Verdict::Later,
        }
    }
}
