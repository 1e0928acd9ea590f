//! What both ways of delivery do with a token: verify it, leave out duplicates, hand it on.

use std::future::Future;

use super::{Keys, RecentTokens, Seen};
use crate::{ErrorCode, Received, Refusal, SetError, Verifier};

/// Where verified tokens go. A closure from [`Received`] to a future is one.
pub trait Sink: Send + Sync + 'static {
    /// Takes a token. Once this has returned `Ok`, the transmitter forgets the token: it should be
    /// safely stored by then, or its work done.
    ///
    /// A verification event with an unexpected state is to be refused with
    /// [`ErrorCode::InvalidState`](crate::ErrorCode::InvalidState).
    fn accept(&self, token: Received) -> impl Future<Output = Result<(), Rejection>> + Send;

    /// Hears of a token that did not verify, for logs. The transmitter is told as well.
    fn refused(&self, refusal: &Refusal) {
        let _ = refusal;
    }
}

impl<F, R> Sink for F
where
    F: Fn(Received) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), Rejection>> + Send,
{
    fn accept(&self, token: Received) -> impl Future<Output = Result<(), Rejection>> + Send {
        self(token)
    }
}

/// Why a token was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It will never be: the transmitter is told so and need not send it again.
    Refused(SetError),
    /// It cannot be now: the transmitter is to send it again.
    Unavailable,
}

/// The time in seconds since 1970.
pub type Clock = fn() -> i64;

/// The time of the operating system.
#[expect(
    clippy::disallowed_methods,
    reason = "the one clock of a receiver that brings none of its own"
)]
pub fn system_clock() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs().cast_signed())
}

/// Verifies tokens with `keys`, leaves out those `seen` before, and hands the others to `sink`.
#[derive(Debug)]
pub struct Inbox<K, S, D = RecentTokens> {
    verifier: Verifier,
    keys: K,
    sink: S,
    seen: D,
    clock: Clock,
}

impl<K: Keys, S: Sink> Inbox<K, S> {
    /// An inbox that remembers the last 10 000 tokens and goes by the system's clock.
    pub fn new(verifier: Verifier, keys: K, sink: S) -> Self {
        Self {
            verifier,
            keys,
            sink,
            seen: RecentTokens::new(10_000),
            clock: system_clock,
        }
    }
}

impl<K: Keys, S: Sink, D: Seen> Inbox<K, S, D> {
    /// The same with another memory of duplicates; `()` has none.
    pub fn remembering<E: Seen>(self, seen: E) -> Inbox<K, S, E> {
        Inbox {
            verifier: self.verifier,
            keys: self.keys,
            sink: self.sink,
            seen,
            clock: self.clock,
        }
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Takes a compact token. `Ok` also for one that came before.
    pub async fn receive(&self, token: &str) -> Result<(), Rejection> {
        let received = self.verify(token).await?;
        let (iss, jti) = (received.iss.clone(), received.jti.clone());
        if self.seen.contains(&iss, &jti).await {
            return Ok(());
        }
        self.sink.accept(received).await?;
        // Only now: a token that was not taken has to come again.
        self.seen.insert(&iss, &jti).await;
        Ok(())
    }

    /// Verifies the token, with newer keys if none of those at hand does. That its key is unknown
    /// is not all: a token need not name its key, and a new key may have the name of the old.
    async fn verify(&self, token: &str) -> Result<Received, Rejection> {
        let keys = self.keys.current().await;
        let mut outcome = self.verifier.verify(&keys, token, (self.clock)());
        if matches!(&outcome, Err(refusal) if refusal.code() == ErrorCode::InvalidKey) {
            let keys = self.keys.refreshed().await.ok_or(Rejection::Unavailable)?;
            outcome = self.verifier.verify(&keys, token, (self.clock)());
        }
        outcome.map_err(|refusal| {
            self.sink.refused(&refusal);
            Rejection::Refused(SetError::from(&refusal))
        })
    }
}
