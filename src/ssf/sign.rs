//! Signing what waits: at the first attempt, and again only if the key of that attempt is not published
//! any more. Name and claims stay the same.

use domain::stream::Stream;
use domain::value::SigningAlg;
use jose::{KeySet, SignError, Typ};
use serde_json::value::RawValue;

use crate::delivery::{Signed, Unsendable};
use crate::keys::ring;

/// Why a token cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum Unsignable {
    /// No key of the stream's algorithm signs now.
    #[error("no key signs {0} now")]
    NoKey(&'static str),
    /// What waits is not what we wrote.
    #[error("the claims cannot be read: {0}")]
    Claims(#[from] serde_json::Error),
    /// The key refused.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl From<Unsignable> for Unsendable {
    fn from(error: Unsignable) -> Self {
        match error {
            // Another token would fare no better.
            Unsignable::NoKey(_) => Self::target(error),
            Unsignable::Claims(_) | Unsignable::Sign(_) => Self::new(error),
        }
    }
}

/// A token with these claims for a stream: as it was signed before, or else signed now.
pub fn signed(
    keys: &KeySet,
    stream: &Stream,
    claims: &str,
    before: Option<Signed>,
) -> Result<Signed, Unsignable> {
    match before {
        Some(before) if keys.publishes(&before.kid) => Ok(before),
        _ => sign(keys, stream.settings.signing_alg, Typ::SECEVENT_JWT, claims),
    }
}

/// Signs claims that are JSON already.
pub fn sign(keys: &KeySet, alg: SigningAlg, typ: Typ, claims: &str) -> Result<Signed, Unsignable> {
    let claims: &RawValue = serde_json::from_str(claims)?;
    let alg = ring::alg(alg);
    let key = keys.signer(alg).ok_or(Unsignable::NoKey(alg.as_str()))?;
    Ok(Signed {
        token: key.sign(typ, &claims)?,
        kid: key.kid().to_owned(),
    })
}
