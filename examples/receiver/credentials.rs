//! Access tokens for the transmitter's API, which the receiver gets for itself (RFC 6749 §4.4,
//! RFC 8707) and keeps until shortly before they end.

use std::error::Error;
use std::time::{Duration, Instant};

use serde::Deserialize;
use shared_signals::receiver::AccessToken;
use tokio::sync::Mutex;
use url::form_urlencoded::byte_serialize;

use super::app::Config;
use super::issuer;

/// So long before its end a token is used no more: it must not end on its way.
const EARLY: Duration = Duration::from_secs(30);

pub(crate) struct Credentials {
    http: reqwest::Client,
    issuer: String,
    client: String,
    secret: String,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    token: String,
    good_until: Instant,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    /// Seconds.
    expires_in: u64,
}

impl Credentials {
    pub(crate) fn new(config: &Config, http: reqwest::Client) -> Self {
        Self {
            http,
            issuer: config.issuer.clone(),
            client: config.client.clone(),
            secret: config.secret.clone(),
            kept: Mutex::default(),
        }
    }

    async fn fetch(&self) -> Result<TokenAnswer, Box<dyn Error + Send + Sync>> {
        #[derive(Deserialize)]
        struct Metadata {
            token_endpoint: String,
        }
        let metadata: Metadata = issuer::discover(&self.http, &self.issuer).await?;
        // Both halves are form-encoded before they are joined (RFC 6749 §2.3.1).
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let resource = format!("{}/ssf", self.issuer);
        let request = self
            .http
            .post(metadata.token_endpoint)
            .basic_auth(encoded(&self.client), Some(encoded(&self.secret)))
            .form(&[
                ("grant_type", "client_credentials"),
                ("resource", &resource),
                ("scope", "ssf.read ssf.manage"),
            ]);
        let response = request.send().await?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("{status}: {}", response.text().await?).into());
        }
        Ok(response.json().await?)
    }
}

impl AccessToken for Credentials {
    async fn token(&self) -> Result<String, Box<dyn Error + Send + Sync>> {
        let mut kept = self.kept.lock().await;
        if let Some(kept) = &*kept
            && Instant::now() < kept.good_until
        {
            return Ok(kept.token.clone());
        }
        let asked = Instant::now();
        let answer = self.fetch().await?;
        let lifetime = Duration::from_secs(answer.expires_in).saturating_sub(EARLY);
        *kept = Some(Kept {
            token: answer.access_token.clone(),
            good_until: asked + lifetime,
        });
        Ok(answer.access_token)
    }
}
