#![doc = include_str!("../README.md")]

mod alg;
mod error;
mod jwk;
mod jws;
mod key;
mod keyset;
mod object;
mod thumbprint;
mod typ;

#[cfg(test)]
mod tests;

pub use alg::Alg;
pub use error::{KeyError, SignError, TokenError};
pub use jwk::Jwk;
pub use jws::{MAX_TOKEN, Unverified, Verified, VerifyingKey};
pub use key::SigningKey;
pub use keyset::{KeySet, Member};
pub use typ::Typ;

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
