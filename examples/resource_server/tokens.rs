//! What a resource server asks of an access token (RFC 9068 §4), after type and signature.
//! A pure function of the claims, our own names and the time.

use serde::Deserialize;

use super::issuer::Audience;

/// How far two clocks may be apart, in seconds.
const LEEWAY: i64 = 10;

/// The claims that RFC 9068 §2.2 requires, and `scope`.
#[derive(Debug, Deserialize)]
pub(crate) struct AccessToken {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: Audience,
    pub(crate) client_id: String,
    pub(crate) exp: i64,
    pub(crate) iat: i64,
    pub(crate) jti: String,
    #[serde(default)]
    pub(crate) scope: String,
}

/// Why a token whose signature is right is refused all the same.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum ClaimError {
    #[error("the token was issued by {found}, and this API trusts {trusted} only")]
    Issuer { found: String, trusted: String },
    #[error("the token is for {found}, and this API is {own}")]
    Audience { found: String, own: String },
    #[error("the token expired {ago} seconds ago")]
    Expired { ago: i64 },
    #[error("the token was issued {ahead} seconds in the future")]
    Early { ahead: i64 },
}

impl AccessToken {
    /// Whether the token is good here and now. `now` is in seconds since 1970.
    pub(crate) fn check(&self, issuer: &str, own: &str, now: i64) -> Result<(), ClaimError> {
        // Names are compared as strings, without normalization (RFC 9068 §4).
        if self.iss != issuer {
            let (found, trusted) = (self.iss.clone(), issuer.to_owned());
            return Err(ClaimError::Issuer { found, trusted });
        }
        if !self.aud.names().iter().any(|name| name == own) {
            let found = self.aud.names().join(" and ");
            return Err(ClaimError::Audience {
                found,
                own: own.to_owned(),
            });
        }
        let ago = now.saturating_sub(self.exp);
        if ago >= LEEWAY {
            return Err(ClaimError::Expired { ago });
        }
        let ahead = self.iat.saturating_sub(now);
        if ahead > LEEWAY {
            return Err(ClaimError::Early { ahead });
        }
        Ok(())
    }

    /// Whether the token carries a scope (RFC 6749 §3.3: names with a space between them).
    pub(crate) fn allows(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|held| held == scope)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://id.example";
    const PHOTOS: &str = "https://photos.example/";
    const NOW: i64 = 1_800_000_000;

    fn claims() -> Value {
        json!({
            "iss": ISSUER, "sub": "u1", "aud": PHOTOS, "client_id": "web",
            "exp": NOW + 600, "iat": NOW, "jti": "t1", "scope": "photos:read",
        })
    }

    fn token(name: &str, value: Value) -> AccessToken {
        let mut claims = claims();
        claims[name] = value;
        serde_json::from_value(claims).unwrap()
    }

    fn check(name: &str, value: Value) -> Result<(), String> {
        token(name, value)
            .check(ISSUER, PHOTOS, NOW)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_token_for_this_api_is_good_until_it_expires() {
        assert_eq!(check("aud", json!(PHOTOS)), Ok(()));
        assert_eq!(
            check("aud", json!(["https://other.example/", PHOTOS])),
            Ok(())
        );
        assert_eq!(
            check("exp", json!(NOW - 9)),
            Ok(()),
            "clocks differ a little"
        );
        assert_eq!(
            check("iat", json!(NOW + 10)),
            Ok(()),
            "clocks differ a little"
        );
    }

    #[test]
    fn every_refusal_says_why() {
        let cases = [
            (
                "aud",
                json!("https://files.example/"),
                "the token is for https://files.example/, and this API is https://photos.example/",
            ),
            (
                "iss",
                json!("https://id.example/"),
                "the token was issued by https://id.example/, and this API trusts https://id.example only",
            ),
            ("exp", json!(NOW - 60), "the token expired 60 seconds ago"),
            ("exp", json!(NOW - 10), "the token expired 10 seconds ago"),
            (
                "iat",
                json!(NOW + 60),
                "the token was issued 60 seconds in the future",
            ),
        ];
        for (name, value, why) in cases {
            assert_eq!(check(name, value), Err(why.to_owned()));
        }
    }

    #[test]
    fn an_identifier_is_not_a_prefix() {
        for aud in [
            "https://photos.example",
            "https://photos.example/a",
            "HTTPS://photos.example/",
        ] {
            assert!(check("aud", json!(aud)).is_err(), "{aud}");
        }
        assert!(check("aud", json!([])).is_err());
    }

    #[test]
    fn every_required_claim_is_required() {
        for name in ["iss", "sub", "aud", "client_id", "exp", "iat", "jti"] {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(name);
            assert!(
                serde_json::from_value::<AccessToken>(claims).is_err(),
                "{name}"
            );
        }
    }

    #[test]
    fn a_scope_is_a_whole_word() {
        let held = token("scope", json!("photos:read albums:write"));
        assert!(held.allows("photos:read") && held.allows("albums:write"));
        assert!(!held.allows("photos:write") && !held.allows("photos") && !held.allows(""));
        assert!(!token("scope", json!("")).allows("photos:read"));
    }
}
