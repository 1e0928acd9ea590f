//! An identity provider as the programs beside it see it: found by its name alone (OpenID Connect
//! Discovery §4), its keys fetched when first needed and kept. They are fetched again when a token
//! names one we do not know, at most every 30 s, and after 15 minutes in any case, so that a key
//! that was withdrawn is forgotten.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jose::{Jwk, TokenError, Typ, Unverified, Verified, VerifyingKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Mutex;

/// Anybody can send a token with an unknown key id; this bounds the requests that they cause.
const PAUSE: Duration = Duration::from_secs(30);
/// The pause while no key is known yet: a provider that is just starting is asked again soon.
const PAUSE_AT_START: Duration = Duration::from_secs(1);
const MAX_AGE: Duration = Duration::from_mins(15);

/// The `aud` claim: one name, or a list of them (RFC 7519 §4.1.3).
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged)]
pub(crate) enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    pub(crate) fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

/// The provider did not answer, or not with what was asked.
#[derive(Debug, thiserror::Error)]
#[error("the identity provider cannot be asked: {0}")]
pub(crate) struct Unreachable(String);

impl From<reqwest::Error> for Unreachable {
    fn from(error: reqwest::Error) -> Self {
        Self(error.to_string())
    }
}

/// Why a token is not believed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyError {
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// The time that tokens go by: seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge: the rules for tokens get it as an argument"
)]
pub(crate) fn now() -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

/// An HTTP client for talking to a provider.
#[expect(
    clippy::disallowed_methods,
    reason = "a program of its own: it asks the one configured issuer"
)]
pub(crate) fn http() -> Result<reqwest::Client, Unreachable> {
    let builder = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        // What a provider says comes from the address it was asked at, or not at all.
        .redirect(reqwest::redirect::Policy::none());
    Ok(builder.build()?)
}

/// The members of the provider's metadata that `T` names.
pub(crate) async fn discover<T: DeserializeOwned>(
    http: &reqwest::Client,
    issuer: &str,
) -> Result<T, Unreachable> {
    let url = format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    );
    let metadata: Value = fetch(http, &url).await?;
    // Exactly the name we trust, or this is somebody else's document (Discovery §4.3).
    if metadata["issuer"] != issuer {
        return Err(Unreachable(format!(
            "{url} is the metadata of {}",
            metadata["issuer"]
        )));
    }
    serde_json::from_value(metadata).map_err(|error| Unreachable(format!("{url}: {error}")))
}

async fn fetch<T: DeserializeOwned>(http: &reqwest::Client, url: &str) -> Result<T, Unreachable> {
    Ok(http
        .get(url)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?)
}

/// The keys of one issuer.
pub(crate) struct IssuerKeys {
    issuer: String,
    http: reqwest::Client,
    known: RwLock<Option<Arc<Known>>>,
    /// Held while fetching, so that many requests which miss the same key wait for one answer.
    asked: Mutex<Option<Instant>>,
}

struct Known {
    keys: HashMap<String, VerifyingKey>,
    fetched: Instant,
}

impl IssuerKeys {
    /// Asks nobody anything yet: the provider may start later than the programs beside it.
    pub(crate) fn new(issuer: &str, http: reqwest::Client) -> Self {
        Self {
            issuer: issuer.to_owned(),
            http,
            known: RwLock::default(),
            asked: Mutex::default(),
        }
    }

    /// Checks type and signature of a token. Its claims are the caller's to check.
    pub(crate) async fn verify(
        &self,
        token: &str,
        typ: Typ,
        now: Instant,
    ) -> Result<Verified, VerifyError> {
        let token = Unverified::parse(token)?;
        let kid = token.kid().ok_or(TokenError::UnknownKey)?;
        let fresh = |known: &Arc<Known>| now.saturating_duration_since(known.fetched) < MAX_AGE;
        let known = match self.known().filter(fresh) {
            Some(known) if known.keys.contains_key(kid) => known,
            _ => self.refresh(now).await?,
        };
        let key = known.keys.get(kid).ok_or(TokenError::UnknownKey)?;
        Ok(token.verify(key, typ)?)
    }

    /// Fetches the keys, unless that was done a moment ago.
    async fn refresh(&self, now: Instant) -> Result<Arc<Known>, Unreachable> {
        let mut asked = self.asked.lock().await;
        let known = self.known();
        let pause = if known.is_some() {
            PAUSE
        } else {
            PAUSE_AT_START
        };
        if asked.is_some_and(|asked| now.saturating_duration_since(asked) < pause) {
            return known.ok_or_else(|| Unreachable("it gave no answer just now".into()));
        }
        *asked = Some(now);
        match self.fetch(now).await {
            Ok(fetched) => {
                let fetched = Arc::new(fetched);
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(fetched.clone());
                Ok(fetched)
            }
            // A provider that is down does not make the tokens it gave invalid.
            Err(error) => known.ok_or(error),
        }
    }

    async fn fetch(&self, now: Instant) -> Result<Known, Unreachable> {
        #[derive(Deserialize)]
        struct Metadata {
            jwks_uri: String,
        }
        let metadata: Metadata = discover(&self.http, &self.issuer).await?;
        let document: Value = fetch(&self.http, &metadata.jwks_uri).await?;
        let set = Jwk::parse_set(document.to_string().as_bytes())
            .map_err(|error| Unreachable(format!("{}: {error}", metadata.jwks_uri)))?;
        let named = |key: &Jwk| Some((key.kid()?.to_owned(), VerifyingKey::from_jwk(key).ok()?));
        Ok(Known {
            keys: set.iter().filter_map(named).collect(),
            fetched: now,
        })
    }

    fn known(&self) -> Option<Arc<Known>> {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
