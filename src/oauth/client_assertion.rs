//! `private_key_jwt` (RFC 7523 §3, OpenID Connect Core §9): a client proves itself by a signature,
//! for this server only, for a short time, once.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::value::{Issuer, Timestamp};
use eventlog::{AppendError, Batch, Statement, Value};
use jose::{Typ, Unverified};
use serde::Deserialize;

use super::client_auth::refused;
use super::path;
use crate::app::App;
use crate::error::OAuthError;
use crate::snapshot::ClientEntry;

/// How far clocks may be apart, in seconds.
const SKEW: i64 = 30;
/// How far ahead an assertion may end, in seconds.
const LONGEST: i64 = 600;

/// What an assertion has to say.
#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    jti: String,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// The client that an assertion says it is from, before anything is known to be true.
pub(super) fn names(assertion: &str) -> Option<String> {
    let claims: Claims = Unverified::parse(assertion).ok()?.claims().ok()?;
    Some(claims.sub)
}

/// Refuses unless the client signed this assertion, for us and for now, and it was never used.
pub(super) async fn check(
    app: &App,
    entry: &ClientEntry,
    assertion: &str,
    now: Timestamp,
) -> Result<(), OAuthError> {
    let id = entry.client.id.as_str();
    let claims = verified(entry, assertion).ok_or_else(refused)?;
    if let Err(reason) = claims.hold(id, &app.config.issuer, now) {
        return Err(OAuthError::invalid_client(reason));
    }
    match app.log.append(Batch::rows([claims.spend(id)])).await {
        Ok(_) => Ok(()),
        Err(AppendError::RowsChanged { .. }) => {
            Err(OAuthError::invalid_client("the assertion was used before"))
        }
        Err(error) => Err(error.into()),
    }
}

/// The claims, if one of the client's keys signed them: the one that the header names, or any where
/// it names none.
fn verified(entry: &ClientEntry, assertion: &str) -> Option<Claims> {
    let token = Unverified::parse(assertion).ok()?;
    let explicit = Typ::CLIENT_AUTHENTICATION_JWT;
    let typ = if explicit.accepts(token.typ()) {
        explicit
    } else {
        Typ::JWT
    };
    let candidates = entry
        .keys
        .iter()
        .filter(|(kid, _)| match (kid, token.kid()) {
            (Some(kid), Some(named)) => kid == named,
            _ => true,
        });
    let mut verified = candidates.filter_map(|(_, key)| token.verify(key, typ).ok());
    verified.next()?.claims().ok()
}

impl Claims {
    fn hold(&self, client: &str, issuer: &Issuer, now: Timestamp) -> Result<(), &'static str> {
        let now = now.seconds();
        let ours = |aud: &String| *aud == issuer.as_str() || *aud == path::url(issuer, path::TOKEN);
        let for_us = match &self.aud {
            Audience::One(aud) => ours(aud),
            // One more audience could be a server that passes the assertion on to us.
            Audience::Many(all) => !all.is_empty() && all.iter().all(ours),
        };
        if self.iss != client || self.sub != client {
            Err("iss and sub of the assertion must be the client_id")
        } else if !for_us {
            Err("aud of the assertion must be the issuer")
        } else if self.exp <= now - SKEW {
            Err("the assertion has expired")
        } else if self.exp > now + LONGEST + SKEW {
            Err("exp of the assertion is more than ten minutes ahead")
        } else if self.nbf.max(self.iat).is_some_and(|from| from > now + SKEW) {
            Err("the assertion is not valid yet")
        } else if self.jti.is_empty() {
            Err("the assertion has no jti")
        } else {
            Ok(())
        }
    }

    /// Uses the assertion up.
    fn spend(&self, client: &str) -> Statement {
        let name = digest(&SHA256, format!("{client}\n{}", self.jti).as_bytes());
        let name = format!("client assertion {}", URL_SAFE_NO_PAD.encode(name));
        let expires = Timestamp::from_seconds(self.exp + SKEW + 1);
        Statement::new(
            "INSERT INTO used_values (value, expires) VALUES ($1, $2) ON CONFLICT (value) DO NOTHING",
            [Value::from(name), expires.micros().into()],
        )
        .exactly(1)
    }
}

#[cfg(test)]
mod tests {
    use domain::client::{AuthMethod, Client, ClientSettings, GrantType};
    use domain::value::{ClientId, Party, SigningAlg};
    use jose::{Alg, SigningKey, VerifyingKey};
    use serde_json::{Value as Json, json};

    use super::*;

    const NOW: i64 = 1_000;

    fn claims(change: &[(&str, Json)]) -> Claims {
        let mut claims = json!({"iss": "web", "sub": "web", "aud": "https://id.example",
            "jti": "1", "exp": NOW + 60, "iat": NOW});
        for (name, value) in change {
            claims[*name] = value.clone();
        }
        serde_json::from_value(claims).unwrap()
    }

    fn holds(change: &[(&str, Json)]) -> bool {
        let issuer = Issuer::parse("https://id.example").unwrap();
        claims(change)
            .hold("web", &issuer, Timestamp::from_seconds(NOW))
            .is_ok()
    }

    #[test]
    fn it_is_for_us_by_name_or_by_token_endpoint() {
        let endpoint = "https://id.example/token";
        assert!(holds(&[]));
        assert!(holds(&[("aud", json!(endpoint))]));
        assert!(holds(&[("aud", json!(["https://id.example"]))]));
        assert!(!holds(&[("aud", json!("https://id.example/"))]));
        assert!(!holds(&[("aud", json!([]))]));
        assert!(!holds(&[(
            "aud",
            json!([endpoint, "https://other.example"])
        )]));
    }

    #[test]
    fn it_is_by_the_client_itself() {
        assert!(!holds(&[("iss", json!("other"))]));
        assert!(!holds(&[("sub", json!("other"))]));
        assert!(!holds(&[("jti", json!(""))]));
    }

    #[test]
    fn its_time_is_short() {
        assert!(holds(&[("exp", json!(NOW - SKEW + 1))]));
        assert!(!holds(&[("exp", json!(NOW - SKEW))]));
        assert!(holds(&[("exp", json!(NOW + LONGEST + SKEW))]));
        assert!(!holds(&[("exp", json!(NOW + LONGEST + SKEW + 1))]));
        assert!(!holds(&[("iat", json!(NOW + SKEW + 1))]));
        assert!(!holds(&[("nbf", json!(NOW + SKEW + 1))]));
    }

    fn entry(keys: &[(Option<&str>, &SigningKey)]) -> ClientEntry {
        let settings = ClientSettings {
            name: "Web".into(),
            party: Party::First,
            auth_method: AuthMethod::PrivateKeyJwt,
            grant_types: vec![GrantType::ClientCredentials],
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            origins: Vec::new(),
            jwks: None,
            id_token_alg: SigningAlg::Rs256,
            require_resource: false,
            backchannel_logout_uri: None,
            add_stream: 0,
            enabled: true,
        };
        let public = |key: &SigningKey| VerifyingKey::from_jwk(key.public()).unwrap();
        let id = ClientId::parse("web").unwrap();
        ClientEntry {
            client: Client {
                id,
                settings,
                secrets: Vec::new(),
            },
            secret_hashes: Vec::new(),
            keys: keys
                .iter()
                .map(|(kid, key)| (kid.map(str::to_owned), public(key)))
                .collect(),
        }
    }

    #[test]
    fn only_a_key_of_the_client_signs_for_it() {
        let key = SigningKey::generate(Alg::Es256).unwrap();
        let other = SigningKey::generate(Alg::Es256).unwrap();
        let claims = json!({"iss": "web", "sub": "web", "aud": "a", "jti": "1", "exp": 1});
        let signed = key.sign(Typ::JWT, &claims).unwrap();
        let explicit = key.sign(Typ::CLIENT_AUTHENTICATION_JWT, &claims).unwrap();
        for assertion in [&signed, &explicit] {
            assert_eq!(names(assertion).as_deref(), Some("web"));
            assert!(verified(&entry(&[(None, &other), (None, &key)]), assertion).is_some());
            assert!(verified(&entry(&[(Some(key.kid()), &key)]), assertion).is_some());
            assert!(verified(&entry(&[(None, &other)]), assertion).is_none());
            assert!(verified(&entry(&[(Some("another"), &key)]), assertion).is_none());
            assert!(verified(&entry(&[]), assertion).is_none());
        }
        let access_token = key.sign(Typ::AT_JWT, &claims).unwrap();
        assert!(verified(&entry(&[(None, &key)]), &access_token).is_none());
    }
}
