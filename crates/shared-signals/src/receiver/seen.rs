//! The memory of tokens that came before: transmitters send at least once, not exactly once.

use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};

/// Remembers tokens by issuer and `jti`.
///
/// Two deliveries of one token at the same time may both pass. A receiver for which that matters
/// lets its sink insert the `jti` in the transaction of its own work, and uses `()` here.
pub trait Seen: Send + Sync + 'static {
    /// Whether the token was taken before.
    fn contains(&self, iss: &str, jti: &str) -> impl Future<Output = bool> + Send;

    /// Notes that the token was taken.
    fn insert(&self, iss: &str, jti: &str) -> impl Future<Output = ()> + Send;
}

/// No memory.
impl Seen for () {
    async fn contains(&self, _: &str, _: &str) -> bool {
        false
    }

    async fn insert(&self, _: &str, _: &str) {}
}

/// The last tokens, in memory: two digests for each, however long its name.
#[derive(Debug)]
pub struct RecentTokens {
    capacity: usize,
    tokens: Mutex<Tokens>,
}

#[derive(Debug, Default)]
struct Tokens {
    known: HashSet<Name>,
    by_age: VecDeque<Name>,
}

/// Of issuer and `jti`. The name itself may be as long as a token.
type Name = [u8; SHA256_OUTPUT_LEN];

fn name(iss: &str, jti: &str) -> Name {
    let mut digest = Context::new(&SHA256);
    // Where the one ends and the other begins is part of the name.
    digest.update(&iss.len().to_be_bytes());
    digest.update(iss.as_bytes());
    digest.update(jti.as_bytes());
    let mut name = Name::default();
    name.copy_from_slice(digest.finish().as_ref());
    name
}

impl RecentTokens {
    /// A memory of this many tokens.
    pub fn new(capacity: usize) -> Self {
        let tokens = Mutex::default();
        Self { capacity, tokens }
    }
}

impl Seen for RecentTokens {
    async fn contains(&self, iss: &str, jti: &str) -> bool {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.known.contains(&name(iss, jti))
    }

    async fn insert(&self, iss: &str, jti: &str) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let name = name(iss, jti);
        if !tokens.known.insert(name) {
            return;
        }
        tokens.by_age.push_back(name);
        if tokens.by_age.len() > self.capacity
            && let Some(oldest) = tokens.by_age.pop_front()
        {
            tokens.known.remove(&oldest);
        }
    }
}
