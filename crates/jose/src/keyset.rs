//! The keys of one issuer through their rotation.
//!
//! A key is published before it signs, so that everyone has fetched it in time, and stays
//! published after its last token has expired. Which phase a key is in is decided elsewhere; a set
//! is a value, built anew whenever a phase changes. Only the active phase needs a private key.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use crate::{Alg, Jwk, KeyError, SigningKey, TokenError, Typ, Unverified, Verified, VerifyingKey};

/// A key in its phase.
#[derive(Debug)]
pub enum Member {
    /// Published, signs nothing yet. Its tokens verify: another node may already have moved on.
    Next(Jwk),
    /// Signs. At most one per algorithm. Shared, so that a new set need not parse it again.
    Active(Arc<SigningKey>),
    /// Signs no more.
    Retired {
        /// The public half.
        key: Jwk,
        /// When the last of its tokens has expired, in microseconds since 1970.
        until: i64,
    },
}

/// The published keys of an issuer.
#[derive(Debug)]
pub struct KeySet {
    active: Vec<Arc<SigningKey>>,
    verifying: HashMap<String, VerifyingKey>,
    jwks: Vec<u8>,
}

impl KeySet {
    /// The set as of `now` (microseconds since 1970): retired keys whose time is over are left out.
    /// The JWKS keeps the order of `members`.
    pub fn new(members: impl IntoIterator<Item = Member>, now: i64) -> Result<Self, KeyError> {
        #[derive(Serialize)]
        struct Jwks {
            keys: Vec<Jwk>,
        }
        let mut active: Vec<Arc<SigningKey>> = Vec::new();
        let mut verifying = HashMap::new();
        let mut keys = Vec::new();
        for member in members {
            let jwk = match member {
                Member::Retired { until, .. } if until <= now => continue,
                Member::Next(key) | Member::Retired { key, .. } => key,
                Member::Active(key) => {
                    let alg = key.alg();
                    if active.iter().any(|other| other.alg() == alg) {
                        return Err(KeyError::TwoActive(alg));
                    }
                    let jwk = key.public().clone();
                    active.push(key);
                    jwk
                }
            };
            let kid = jwk.kid().ok_or(KeyError::Missing("kid"))?.to_owned();
            if verifying
                .insert(kid, VerifyingKey::from_jwk(&jwk)?)
                .is_some()
            {
                return Err(KeyError::DuplicateKid);
            }
            keys.push(jwk);
        }
        let jwks = serde_json::to_vec(&Jwks { keys }).map_err(|_| KeyError::Malformed)?;
        Ok(Self {
            active,
            verifying,
            jwks,
        })
    }

    /// The key that signs with this algorithm.
    pub fn signer(&self, alg: Alg) -> Option<&SigningKey> {
        self.active
            .iter()
            .map(Arc::as_ref)
            .find(|key| key.alg() == alg)
    }

    /// The algorithms this issuer signs with, in the order of its keys.
    pub fn algs(&self) -> impl Iterator<Item = Alg> {
        self.active.iter().map(|key| key.alg())
    }

    /// Whether a key of this name is published: others can check what it has signed.
    pub fn publishes(&self, kid: &str) -> bool {
        self.verifying.contains_key(kid)
    }

    /// Checks a token of this issuer, of the expected type, with the key it names.
    pub fn verify(&self, token: &str, typ: Typ) -> Result<Verified, TokenError> {
        let token = Unverified::parse(token)?;
        let key = token.kid().and_then(|kid| self.verifying.get(kid));
        token.verify(key.ok_or(TokenError::UnknownKey)?, typ)
    }

    /// The JWK set document (RFC 7517 §5), as bytes to be served.
    pub fn jwks(&self) -> &[u8] {
        &self.jwks
    }
}
