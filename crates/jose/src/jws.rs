//! Compact JWS (RFC 7515 §3.1), the hot path: one allocation for the token, keys parsed before.
//!
//! The header never decides anything. It must name the algorithm of the key it is checked with,
//! the expected type, and no critical extension (RFC 8725 §3.1, §3.11).

use std::borrow::Cow;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::Engine as _;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use crate::jwk::{Jwk, Material};
use crate::key::{MAX_SIGNATURE, SigningKey};
use crate::{Alg, KeyError, SignError, TokenError, Typ, URL_SAFE_NO_PAD, object};

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN: usize = 16 * 1024;

impl SigningKey {
    /// Signs the claims as a token of this type.
    pub fn sign(&self, typ: Typ, claims: &impl Serialize) -> Result<String, SignError> {
        let mut json = Vec::with_capacity(1024);
        json.extend_from_slice(self.header().as_bytes());
        json.extend_from_slice(typ.as_str().as_bytes());
        json.extend_from_slice(b"\"}");
        let header_len = json.len();
        serde_json::to_writer(&mut json, claims).map_err(|_| SignError::Claims)?;
        let (header, claims) = json.split_at(header_len);
        if !claims.starts_with(b"{") {
            return Err(SignError::Claims);
        }

        let mut signature = [0; MAX_SIGNATURE];
        let signature = &mut signature[..self.signature_len()];
        let characters = |bytes: &[u8]| (bytes.len() * 4).div_ceil(3);
        let length = characters(header) + characters(claims) + characters(signature) + 2;

        let mut token = String::with_capacity(length);
        URL_SAFE_NO_PAD.encode_string(header, &mut token);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        self.signature(token.as_bytes(), signature)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

/// A public key, parsed, with the one algorithm it verifies.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    alg: Alg,
    key: ParsedPublicKey,
}

impl VerifyingKey {
    /// The key with the algorithm it names, or that of its type.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        Self::with_alg(jwk, jwk.alg())
    }

    /// The key with an algorithm agreed upon elsewhere, such as a client's registered
    /// `token_endpoint_auth_signing_alg`.
    pub fn with_alg(jwk: &Jwk, alg: Alg) -> Result<Self, KeyError> {
        if !jwk.material.fits(alg) {
            return Err(KeyError::Unsupported);
        }
        let key = match &jwk.material {
            Material::Rsa { n, e } => {
                let parameters = if alg == Alg::Ps256 {
                    &RSA_PSS_2048_8192_SHA256
                } else {
                    &RSA_PKCS1_2048_8192_SHA256
                };
                RsaPublicKeyComponents { n, e }.to_parsed_public_key(parameters)
            }
            Material::P256 { x, y } => {
                let mut point = [4; 65];
                point[1..33].copy_from_slice(x);
                point[33..].copy_from_slice(y);
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            }
            Material::Ed25519 { x } => ParsedPublicKey::new(&ED25519, x),
        };
        Ok(Self {
            alg,
            key: key.map_err(|_| KeyError::Invalid)?,
        })
    }

    /// The algorithm.
    pub fn alg(&self) -> Alg {
        self.alg
    }

    /// Checks a token of the expected type.
    pub fn verify(&self, token: &str, typ: Typ) -> Result<Verified, TokenError> {
        Unverified::parse(token)?.verify(self, typ)
    }
}

/// A token that nobody has vouched for yet. Its header helps to find the key, and nothing more.
#[derive(Clone, Debug)]
pub struct Unverified<'t> {
    alg: Alg,
    kid: Option<String>,
    typ: Option<String>,
    signed: &'t str,
    payload: &'t str,
    signature: &'t str,
}

impl<'t> Unverified<'t> {
    /// Splits the token and reads its header.
    pub fn parse(token: &'t str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::TooLong);
        }
        let (header, rest) = token.split_once('.').ok_or(TokenError::Malformed)?;
        let (payload, signature) = rest.split_once('.').ok_or(TokenError::Malformed)?;
        let signed = &token[..header.len() + 1 + payload.len()];
        let header = URL_SAFE_NO_PAD
            .decode(header)
            .map_err(|_| TokenError::Malformed)?;
        let header: Header<'_> = object::parse(&header).ok_or(TokenError::Malformed)?;
        if header.crit {
            return Err(TokenError::Critical);
        }
        Ok(Self {
            alg: Alg::parse(&header.alg).ok_or(TokenError::UnsupportedAlgorithm)?,
            kid: header.kid.map(Cow::into_owned),
            typ: header.typ.map(Cow::into_owned),
            signed,
            payload,
            signature,
        })
    }

    /// The algorithm the header claims.
    pub fn alg(&self) -> Alg {
        self.alg
    }

    /// The key id the header names.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The type the header states.
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// The claims before verification, for finding out whose key to ask for.
    pub fn claims<T: for<'a> Deserialize<'a>>(&self) -> Result<T, TokenError> {
        self.payload()?.claims()
    }

    /// Checks algorithm, type and signature.
    pub fn verify(&self, key: &VerifyingKey, typ: Typ) -> Result<Verified, TokenError> {
        if self.alg != key.alg {
            return Err(TokenError::WrongAlgorithm);
        }
        if !typ.accepts(self.typ()) {
            return Err(TokenError::WrongType);
        }
        // The decoder wants room for whole groups of three.
        let mut signature = [0; MAX_SIGNATURE + 3];
        let length = URL_SAFE_NO_PAD
            .decode_slice(self.signature, &mut signature)
            .map_err(|_| TokenError::Malformed)?;
        key.key
            .verify_sig(self.signed.as_bytes(), &signature[..length])
            .map_err(|_| TokenError::BadSignature)?;
        self.payload()
    }

    fn payload(&self) -> Result<Verified, TokenError> {
        let payload = URL_SAFE_NO_PAD
            .decode(self.payload)
            .map_err(|_| TokenError::Malformed)?;
        Ok(Verified { payload })
    }
}

/// The payload of a token whose signature, algorithm and type were right. Issuer, audience and
/// times are the caller's to check.
#[derive(Clone, Debug)]
pub struct Verified {
    payload: Vec<u8>,
}

impl Verified {
    /// The payload as it was signed.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The claims, which must be a JSON object.
    pub fn claims<'a, T: Deserialize<'a>>(&'a self) -> Result<T, TokenError> {
        object::parse(&self.payload).ok_or(TokenError::Claims)
    }
}

#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    kid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    typ: Option<Cow<'a, str>>,
    /// Present, with whatever value.
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

fn present<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(value).map(|_| true)
}
