//! A transmitter's keys, which change: fetched when first needed, and again for a key not known.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::client::{self, ClientError};
use crate::KeyRing;

/// The least time between two fetches: tokens with made-up keys must not make a receiver hammer
/// the transmitter.
const INTERVAL: Duration = Duration::from_secs(30);

/// Where an inbox has its keys from.
pub trait Keys: Send + Sync + 'static {
    /// The keys at hand.
    fn current(&self) -> impl Future<Output = Arc<KeyRing>> + Send;

    /// The keys after a look for newer ones; `None` if they cannot be had now.
    fn refreshed(&self) -> impl Future<Output = Option<Arc<KeyRing>>> + Send;
}

/// Keys that do not change.
impl Keys for Arc<KeyRing> {
    async fn current(&self) -> Arc<KeyRing> {
        self.clone()
    }

    async fn refreshed(&self) -> Option<Arc<KeyRing>> {
        Some(self.clone())
    }
}

/// The keys that `jwks_uri` serves.
#[derive(Debug)]
pub struct RemoteKeys {
    http: reqwest::Client,
    jwks_uri: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    keys: Arc<KeyRing>,
    /// The last attempt, and whether it succeeded.
    attempt: Option<(Instant, bool)>,
}

impl RemoteKeys {
    /// The keys at this address. Nothing is fetched yet.
    pub fn new(http: reqwest::Client, jwks_uri: impl Into<String>) -> Self {
        Self {
            http,
            jwks_uri: jwks_uri.into(),
            state: Mutex::default(),
        }
    }

    async fn fetch(&self) -> Result<KeyRing, ClientError> {
        let response = client::send(self.http.get(&self.jwks_uri)).await?;
        KeyRing::parse(&response.body).map_err(ClientError::Keys)
    }
}

impl Keys for RemoteKeys {
    async fn current(&self) -> Arc<KeyRing> {
        self.state.lock().await.keys.clone()
    }

    async fn refreshed(&self) -> Option<Arc<KeyRing>> {
        // Held while fetching: those who wait find what the first has fetched.
        let mut state = self.state.lock().await;
        if state.attempt.is_none_or(|(at, _)| at.elapsed() >= INTERVAL) {
            let fetched = self.fetch().await;
            state.attempt = Some((Instant::now(), fetched.is_ok()));
            if let Ok(keys) = fetched {
                state.keys = Arc::new(keys);
            }
        }
        let succeeded = state.attempt.is_some_and(|(_, succeeded)| succeeded);
        succeeded.then(|| state.keys.clone())
    }
}
