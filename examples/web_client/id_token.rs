//! The rules for an ID token (OpenID Connect Core §3.1.3.7). The signature was checked before;
//! these are the claims.

use serde::Deserialize;

use super::issuer::Audience;

/// How far two clocks may be apart, in seconds.
const LEEWAY: i64 = 10;

/// The claims that this program reads.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct IdToken {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: Audience,
    pub(crate) azp: Option<String>,
    pub(crate) exp: i64,
    pub(crate) iat: i64,
    pub(crate) nonce: Option<String>,
}

/// Why an ID token is not believed.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum IdTokenError {
    #[error("the ID token is not one, or a required claim is missing")]
    Malformed,
    #[error("the ID token comes from another issuer")]
    Issuer,
    #[error("the ID token is for another client")]
    Audience,
    #[error("the ID token has expired, or its times are in the future")]
    Time,
    #[error("the ID token answers another sign-in")]
    Nonce,
}

/// Checks the claims in `payload`. `now` is in seconds since 1970.
pub(crate) fn check(
    payload: &[u8],
    issuer: &str,
    client_id: &str,
    nonce: &str,
    now: i64,
) -> Result<IdToken, IdTokenError> {
    let token: IdToken = serde_json::from_slice(payload).map_err(|_| IdTokenError::Malformed)?;
    if token.iss != issuer {
        return Err(IdTokenError::Issuer);
    }
    // We trust no other audience, so one that stands beside us makes the token invalid too (no. 3).
    let for_us = matches!(token.aud.names(), [only] if only == client_id);
    if !for_us || token.azp.as_deref().is_some_and(|party| party != client_id) {
        return Err(IdTokenError::Audience);
    }
    if token.exp.saturating_add(LEEWAY) <= now || token.iat > now.saturating_add(LEEWAY) {
        return Err(IdTokenError::Time);
    }
    if token.nonce.as_deref() != Some(nonce) {
        return Err(IdTokenError::Nonce);
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn checked(change: &Value) -> Result<IdToken, IdTokenError> {
        let mut claims = json!({
            "iss": "https://id.example", "sub": "u1", "aud": "web",
            "exp": NOW + 600, "iat": NOW, "nonce": "n1",
        });
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        check(
            claims.to_string().as_bytes(),
            "https://id.example",
            "web",
            "n1",
            NOW,
        )
    }

    #[test]
    fn a_good_token_names_its_person() {
        assert_eq!(checked(&json!({})).unwrap().sub, "u1");
        assert_eq!(
            checked(&json!({ "aud": ["web"], "azp": "web" }))
                .unwrap()
                .sub,
            "u1"
        );
    }

    #[test]
    fn every_claim_that_is_not_ours_is_refused() {
        let cases = [
            (
                json!({ "iss": "https://id.example/" }),
                IdTokenError::Issuer,
            ),
            (json!({ "aud": "other" }), IdTokenError::Audience),
            (json!({ "aud": ["web", "other"] }), IdTokenError::Audience),
            (json!({ "aud": [] }), IdTokenError::Audience),
            (json!({ "azp": "other" }), IdTokenError::Audience),
            (json!({ "exp": NOW - 10 }), IdTokenError::Time),
            (json!({ "iat": NOW + 11 }), IdTokenError::Time),
            (json!({ "nonce": "n2" }), IdTokenError::Nonce),
            (json!({ "nonce": null }), IdTokenError::Nonce),
            (json!({ "sub": null }), IdTokenError::Malformed),
        ];
        for (change, error) in cases {
            assert_eq!(checked(&change), Err(error), "{change}");
        }
    }

    #[test]
    fn clocks_may_be_a_little_apart() {
        assert!(checked(&json!({ "exp": NOW - 9 })).is_ok());
        assert!(checked(&json!({ "iat": NOW + 10 })).is_ok());
    }
}
