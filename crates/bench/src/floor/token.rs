//! One ES256 key and the claims of RFC 9068, without key sets, headers to choose or types to check.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use aws_lc_rs::rand::{SystemRandom, fill};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    ParsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A key pair, parsed, and the encoded header of its tokens.
pub struct Key {
    pair: EcdsaKeyPair,
    public: ParsedPublicKey,
    random: SystemRandom,
    header: String,
}

/// The claims of an access token (RFC 9068 §2.2), and the grant that it hangs from.
#[derive(Serialize, Deserialize)]
pub struct Claims<'a> {
    iss: Cow<'a, str>,
    sub: Cow<'a, str>,
    aud: Cow<'a, str>,
    client_id: Cow<'a, str>,
    exp: u64,
    iat: u64,
    jti: Uuid,
    scope: Cow<'a, str>,
    /// The key of the row to read.
    pub grant: Uuid,
}

impl<'a> Claims<'a> {
    /// Claims as of now.
    #[expect(
        clippy::disallowed_methods,
        reason = "a floor has no clock to be passed"
    )]
    pub fn new(client: &'a str, audience: &'a str, scope: &'a str, grant: Uuid) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default().as_secs();
        let mut jti = [0; 16];
        // Without randomness nothing else of this would work either.
        let _ = fill(&mut jti);
        Self {
            iss: "http://127.0.0.1:8600".into(),
            sub: client.into(),
            aud: audience.into(),
            client_id: client.into(),
            exp: now + 600,
            iat: now,
            jti: Uuid::from_bytes(jti),
            scope: scope.into(),
            grant,
        }
    }
}

impl Key {
    /// A new key.
    pub fn generate() -> Result<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
        let header = br#"{"alg":"ES256","typ":"at+jwt","kid":"the floor's only key, by its name"}"#;
        Ok(Self {
            public: ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key())?,
            pair,
            random: SystemRandom::new(),
            header: URL_SAFE_NO_PAD.encode(header),
        })
    }

    /// A compact JWS.
    pub fn sign(&self, claims: &Claims<'_>) -> Result<String> {
        let mut token = String::with_capacity(1024);
        token.push_str(&self.header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut token);
        let signature = self.pair.sign(&self.random, token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// The payload of a token of ours.
    pub fn verify(&self, token: &str) -> Result<Vec<u8>> {
        let (signed, signature) = token.rsplit_once('.').context("no signature")?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok().context("base64")?;
        self.public.verify_sig(signed.as_bytes(), &signature)?;
        let payload = signed.split_once('.').context("no payload")?.1;
        URL_SAFE_NO_PAD.decode(payload).ok().context("base64")
    }
}
