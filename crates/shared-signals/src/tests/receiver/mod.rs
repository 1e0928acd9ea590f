//! The receiving end against a transmitter on a real socket.

mod keys;
mod management;
mod poll;
mod push;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{AUDIENCE, ISSUER, NOW, key, keys, signed, verifier};
use crate::receiver::{Inbox, Rejection, Sink};
use crate::{ErrorCode, Event, KeyRing, Received, Refusal, SetError};

const REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";

/// Serves the router on a port of its own; the address has no slash at its end.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

#[expect(clippy::disallowed_methods, reason = "the tests' own client")]
fn http() -> reqwest::Client {
    reqwest::Client::new()
}

fn token(jti: &str) -> String {
    let subject = json!({ "format": "email", "email": "alice@example.com" });
    signed(&json!({
        "iss": ISSUER, "iat": NOW, "jti": jti, "aud": AUDIENCE,
        "sub_id": subject, "events": { REVOKED: {} },
    }))
}

fn verification(state: &str) -> String {
    const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";
    signed(&json!({
        "iss": ISSUER, "iat": NOW, "jti": state, "aud": AUDIENCE,
        "sub_id": { "format": "opaque", "id": "stream" },
        "events": { VERIFICATION: { "state": state } },
    }))
}

/// Keeps what it is given; is unavailable as often as it is told; knows no state but `expected`.
#[derive(Clone, Default)]
struct Kept {
    tokens: Arc<Mutex<Vec<String>>>,
    failures: Arc<AtomicUsize>,
    refusals: Arc<Mutex<Vec<Refusal>>>,
}

impl Kept {
    fn jtis(&self) -> Vec<String> {
        self.tokens.lock().unwrap().clone()
    }
}

impl Sink for Kept {
    async fn accept(&self, token: Received) -> Result<(), Rejection> {
        let less = |left: usize| left.checked_sub(1);
        if self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
            .is_ok()
        {
            return Err(Rejection::Unavailable);
        }
        if let Event::Ssf(crate::event::Ssf::Verification(event)) = &token.event
            && event.state.as_deref() != Some("expected")
        {
            let error = SetError::new(ErrorCode::InvalidState, "not the state that was asked for");
            return Err(Rejection::Refused(error));
        }
        self.tokens.lock().unwrap().push(token.jti);
        Ok(())
    }

    fn refused(&self, refusal: &Refusal) {
        self.refusals.lock().unwrap().push(refusal.clone());
    }
}

fn inbox(kept: &Kept) -> Arc<Inbox<Arc<KeyRing>, Kept>> {
    let keys = Arc::new(keys());
    Arc::new(Inbox::new(verifier(), keys, kept.clone()).with_clock(|| NOW))
}

fn jwks() -> Value {
    json!({ "keys": [key().public()] })
}
