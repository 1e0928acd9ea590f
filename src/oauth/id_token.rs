//! ID tokens (OpenID Connect Core §2, §3.1.3.6): who signed in, for the client and nobody else.

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jose::{Alg, SignError, SigningKey, Typ};
use serde::Serialize;
use serde_json::{Map, Value};

/// The claims of an ID token.
#[derive(Debug, Serialize)]
pub(super) struct IdToken<'a> {
    /// Who issued it.
    pub iss: &'a str,
    /// The person.
    pub sub: &'a str,
    /// The client.
    pub aud: &'a str,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When the person signed in, in seconds since 1970.
    pub auth_time: i64,
    /// What the authorization request said. A refreshed token has none (§12.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    /// How they proved who they are (RFC 8176).
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub amr: &'a [String],
    /// The session, as this client knows it.
    pub sid: &'a str,
    /// What binds the access token to this one.
    pub at_hash: String,
    /// What else is told about the person.
    #[serde(flatten)]
    pub about: Map<String, Value>,
}

impl IdToken<'_> {
    /// The token.
    pub(super) fn sign(&self, key: &SigningKey) -> Result<String, SignError> {
        key.sign(Typ::JWT, self)
    }
}

/// `at_hash`: the left half of the access token's digest, by the hash of the signature's algorithm.
pub(super) fn at_hash(access_token: &str, alg: Alg) -> String {
    let algorithm = if alg == Alg::EdDsa { &SHA512 } else { &SHA256 };
    let digest = digest(algorithm, access_token.as_bytes());
    let digest = digest.as_ref();
    URL_SAFE_NO_PAD.encode(&digest[..digest.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OpenID Connect Core appendix A.3 and A.4.
    #[test]
    fn the_example_of_the_specification_has_this_hash() {
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(at_hash(token, Alg::Rs256), "77QmUPtjPfzWtF2AnpK9RQ");
    }

    #[test]
    fn eddsa_hashes_with_sha_512() {
        assert_eq!(at_hash("token", Alg::EdDsa).len(), 43);
    }
}
