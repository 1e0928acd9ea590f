//! Access tokens in their two encodings: an RFC 9068 JWT, which an API checks by itself, or sealed,
//! which only we can read. Neither has a row. The `jti` names the grant that keeps it alive.

use std::borrow::Cow;

use domain::value::{Issuer, Timestamp};
use jose::{KeySet, SignError, SigningKey, Typ};
use serde::{Deserialize, Serialize};

use super::jti::Jti;
use super::sealed_token;
use crate::rng::Rng;
use crate::token_cipher::TokenCipher;

const SEALED: &str = "access token";

/// The claims of an access token (RFC 9068 §2.2). It has one audience.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct AccessToken<'a> {
    /// Who issued it.
    pub iss: Cow<'a, str>,
    /// The person; the client's own id where it acts for itself.
    pub sub: Cow<'a, str>,
    /// The one API it is for, or our userinfo endpoint.
    pub aud: Cow<'a, str>,
    /// The client.
    pub client_id: Cow<'a, str>,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// Its name, which leads to the grant.
    pub jti: Jti,
    /// The audience's scopes, separated by spaces.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub scope: Cow<'a, str>,
    /// When the person signed in, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// How they proved who they are (RFC 8176).
    #[serde(default, skip_serializing_if = "no_text")]
    pub amr: Cow<'a, [String]>,
    /// Those of the person's groups that the API wants to know of (RFC 9068 §2.2.3.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Cow<'a, str>>,
    /// The session, as this client knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<Cow<'a, str>>,
    /// In tokens for userinfo: claims asked for by name (OpenID Connect Core §5.5).
    #[serde(default, skip_serializing_if = "no_text")]
    pub userinfo: Cow<'a, [String]>,
}

#[expect(clippy::ptr_arg, reason = "serde gives the field's own type")]
fn no_text(list: &Cow<'_, [String]>) -> bool {
    list.is_empty()
}

impl AccessToken<'_> {
    /// As a JWT.
    pub(super) fn sign(&self, key: &SigningKey) -> Result<String, SignError> {
        key.sign(Typ::AT_JWT, self)
    }

    /// As a text that only we can read.
    pub(super) fn seal(&self, cipher: &TokenCipher, rng: &dyn Rng) -> String {
        cipher.seal_bytes(SEALED, &sealed_token::write(self), rng)
    }

    /// Whether it has ended.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.exp <= now.seconds()
    }
}

/// A token that we issued, in either encoding, whatever its audience and though it be over.
pub(super) fn read(
    token: &str,
    issuer: &Issuer,
    keys: &KeySet,
    cipher: &TokenCipher,
) -> Option<AccessToken<'static>> {
    let token: AccessToken<'static> = if token.as_bytes().contains(&b'.') {
        keys.verify(token, Typ::AT_JWT).ok()?.claims().ok()?
    } else {
        sealed_token::read(&cipher.open_bytes(SEALED, token)?)?
    };
    (token.iss == issuer.as_str()).then_some(token)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jose::{Alg, Member};

    use super::*;
    use crate::rng::SystemRng;
    use crate::seal::Secret;

    const ISSUER: &str = "https://id.example";

    fn token() -> AccessToken<'static> {
        AccessToken {
            iss: ISSUER.into(),
            sub: "demo-machine".into(),
            aud: "https://photos.example/".into(),
            client_id: "demo-machine".into(),
            exp: 1_600,
            iat: 1_000,
            jti: Jti::new(None, [1; 12]),
            scope: "photos:read".into(),
            auth_time: None,
            amr: Cow::Borrowed(&[]),
            groups: Vec::new(),
            sid: None,
            userinfo: Cow::Borrowed(&[]),
        }
    }

    fn keys(key: SigningKey) -> KeySet {
        KeySet::new([Member::Active(Arc::new(key))], 0).unwrap()
    }

    #[test]
    fn both_encodings_come_back() {
        let issuer = Issuer::parse(ISSUER).unwrap();
        let cipher = TokenCipher::new(&Secret::new([1; 32]));
        let keys = keys(SigningKey::generate(Alg::Es256).unwrap());
        let signed = token().sign(keys.signer(Alg::Es256).unwrap()).unwrap();
        let sealed = token().seal(&cipher, &SystemRng);
        for text in [&signed, &sealed] {
            assert_eq!(read(text, &issuer, &keys, &cipher), Some(token()));
            let other = Issuer::parse("https://other.example").unwrap();
            assert_eq!(read(text, &other, &keys, &cipher), None);
            assert_eq!(read(&text[1..], &issuer, &keys, &cipher), None);
        }
    }

    #[test]
    fn absent_claims_are_left_out() {
        let json = serde_json::to_value(token()).unwrap();
        let names: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(
            names,
            [
                "aud",
                "client_id",
                "exp",
                "iat",
                "iss",
                "jti",
                "scope",
                "sub"
            ]
        );
    }

    #[test]
    fn another_kind_of_token_is_not_an_access_token() {
        let issuer = Issuer::parse(ISSUER).unwrap();
        let cipher = TokenCipher::new(&Secret::new([1; 32]));
        let keys = keys(SigningKey::generate(Alg::Es256).unwrap());
        let id_token = keys
            .signer(Alg::Es256)
            .unwrap()
            .sign(Typ::JWT, &token())
            .unwrap();
        assert_eq!(read(&id_token, &issuer, &keys, &cipher), None);
        let other = cipher.seal_for("login", &token(), &SystemRng);
        assert_eq!(read(&other, &issuer, &keys, &cipher), None);
    }

    #[test]
    fn a_token_is_over_at_the_second_of_its_exp() {
        assert!(!token().is_over(Timestamp::from_micros(1_599_999_999)));
        assert!(token().is_over(Timestamp::from_seconds(1_600)));
    }
}
