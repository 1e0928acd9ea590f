//! Push delivery (RFC 8935): how a token becomes a request, and what the receiver's answer means.

use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use domain::stream::{Delivery, StreamStatus};
use domain::value::StreamId;
use shared_signals::{ErrorCode, SECEVENT_JWT, SetError};

use super::{endpoint, sign};
use crate::app::App;
use crate::command::streams::CHANNEL;
use crate::delivery::{Channel, Item, Outgoing, Route, Signed, Unsendable, Verdict};
use crate::outbound::{Answer, Endpoint};
use crate::snapshot::{Snapshot, Stale, StreamEntry};

/// Pushes security event tokens.
pub struct Push;

impl Channel for Push {
    fn name(&self) -> &'static str {
        CHANNEL
    }

    fn route(&self, app: &App, id: &str) -> Result<Option<Route>, Stale> {
        let snapshot = app.snapshot.get()?;
        let Some(entry) = find(&snapshot, id) else {
            return Ok(None);
        };
        let Delivery::Push { endpoint_url, tls } = &entry.stream.settings.delivery else {
            return Ok(None);
        };
        // A client that may not be used is told nothing.
        if snapshot.client(entry.stream.client.as_str()).is_none() {
            return Ok(None);
        }
        // It was read once before it was stored.
        let Ok(endpoint) = Endpoint::parse(endpoint_url.as_str()) else {
            return Ok(None);
        };
        Ok(Some(Route {
            endpoint,
            tls: endpoint::by(tls),
            hold: entry.stream.status != StreamStatus::Enabled,
        }))
    }

    fn sign(&self, app: &App, id: &str, item: &Item) -> Option<Signed> {
        let snapshot = app.snapshot.get().ok()?;
        let entry = find(&snapshot, id)?;
        // Why it cannot be signed is found again when its turn has come.
        sign::signed(&snapshot.keys, &entry.stream, &item.body, None).ok()
    }

    fn request(&self, app: &App, id: &str, item: &Item) -> Result<Outgoing, Unsendable> {
        let snapshot = app.snapshot.get().map_err(Unsendable::target)?;
        let entry = find(&snapshot, id).ok_or(Unsendable::gone())?;
        let before = item.signed.clone();
        let signed = sign::signed(&snapshot.keys, &entry.stream, &item.body, before)?;
        let mut headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static(SECEVENT_JWT)),
            (ACCEPT, HeaderValue::from_static("application/json")),
        ]);
        if let Some(authorization) = &entry.authorization {
            let mut value = HeaderValue::from_str(authorization).map_err(Unsendable::new)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(Outgoing {
            headers,
            body: signed.token.clone(),
            signed: Some(signed),
        })
    }

    fn judge(&self, answer: &Answer) -> Verdict {
        match answer.status {
            // 202 is what the RFC says; receivers in the field say 200 and 204, too.
            200..=299 => Verdict::Delivered,
            400 => match serde_json::from_slice::<SetError>(&answer.body).map(|error| error.err) {
                // The receiver may not have fetched a new key yet, or not have its own ready.
                // Or not the protocol's own form: a proxy, perhaps, or a receiver that is being set up.
                Ok(ErrorCode::InvalidKey | ErrorCode::AuthenticationFailed) | Err(_) => {
                    Verdict::Later
                }
                Ok(_) => Verdict::Never,
            },
            413 | 415 => Verdict::Never,
            410 => Verdict::Gone,
            401 | 403 | 404 | 408 | 429 | 500.. => Verdict::TargetLater,
            _ => Verdict::Later,
        }
    }
}

fn find<'s>(snapshot: &'s Snapshot, id: &str) -> Option<&'s StreamEntry> {
    snapshot.streams.get(&StreamId::parse(id).ok()?)
}
