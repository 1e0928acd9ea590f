//! A transmitter's keys, which change: fetched when first needed, again for a token that none of
//! them verifies, and again when they are old.

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::client::{self, ClientError};
use crate::KeyRing;

/// The least time between two fetches: tokens with made-up keys must not make a receiver hammer
/// the transmitter.
const MIN_INTERVAL: Duration = Duration::from_secs(30);

/// How old keys may become: one that the transmitter has withdrawn must not be good for ever.
const MAX_AGE: Duration = Duration::from_hours(1);

/// The longest that a fetch may take: tokens wait for it.
const TIMEOUT: Duration = Duration::from_secs(10);

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

/// The keys that `jwks_uri` serves. Clones share what was fetched, so that several inboxes can.
///
/// They are fetched at most every 30 seconds and kept for an hour, or longer while there are no
/// newer ones to be had.
#[derive(Clone, Debug)]
pub struct RemoteKeys {
    source: Arc<Source>,
    min_interval: Duration,
    max_age: Duration,
}

#[derive(Debug)]
struct Source {
    http: reqwest::Client,
    jwks_uri: String,
    /// Not held while fetching: a slow transmitter must not keep tokens waiting whose key is here.
    held: RwLock<Held>,
    /// The last attempt. Held while fetching: those who wait find what the first has fetched.
    attempt: Mutex<Option<Attempt>>,
}

#[derive(Clone, Debug, Default)]
struct Held {
    keys: Arc<KeyRing>,
    since: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Attempt {
    at: Instant,
    succeeded: bool,
}

impl RemoteKeys {
    /// The keys at this address. Nothing is fetched yet.
    pub fn new(http: reqwest::Client, jwks_uri: impl Into<String>) -> Self {
        Self {
            source: Arc::new(Source {
                http,
                jwks_uri: jwks_uri.into(),
                held: RwLock::default(),
                attempt: Mutex::default(),
            }),
            min_interval: MIN_INTERVAL,
            max_age: MAX_AGE,
        }
    }

    /// Fetches no more often than this.
    #[must_use]
    pub fn min_interval(mut self, interval: Duration) -> Self {
        self.min_interval = interval;
        self
    }

    /// Fetches again before using keys that are older than this.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }
}

impl Keys for RemoteKeys {
    async fn current(&self) -> Arc<KeyRing> {
        let held = self.source.held();
        if held.since.is_some_and(|at| at.elapsed() > self.max_age) {
            return self.refreshed().await.unwrap_or(held.keys);
        }
        held.keys
    }

    async fn refreshed(&self) -> Option<Arc<KeyRing>> {
        let (source, min_interval) = (self.source.clone(), self.min_interval);
        // On a task of its own: the sender of a push may hang up, and the fetch counts nevertheless.
        let fetch = tokio::spawn(async move { source.refresh(min_interval).await });
        fetch.await.ok().flatten()
    }
}

impl Source {
    fn held(&self) -> Held {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.clone()
    }

    async fn refresh(&self, min_interval: Duration) -> Option<Arc<KeyRing>> {
        let mut attempt = self.attempt.lock().await;
        let last = match *attempt {
            Some(last) if last.at.elapsed() < min_interval => last,
            _ => {
                let succeeded = self.fetch().await.is_ok();
                let at = Instant::now();
                *attempt.insert(Attempt { at, succeeded })
            }
        };
        last.succeeded.then(|| self.held().keys)
    }

    async fn fetch(&self) -> Result<(), ClientError> {
        let request = self.http.get(&self.jwks_uri).timeout(TIMEOUT);
        let answer = client::send(request).await?;
        let keys = KeyRing::parse(&answer.body).map_err(ClientError::Keys)?;
        let held = Held {
            keys: Arc::new(keys),
            since: Some(Instant::now()),
        };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
        Ok(())
    }
}
