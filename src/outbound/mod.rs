//! The one HTTP client for what this server sends to addresses that others have named.
//!
//! Against request forgery by the server: only HTTPS to public addresses, unless the operator allows
//! more (`policy.rs`). The address that is dialled is the one that was checked, however a name resolves
//! the second time (`resolver.rs`). No redirect is followed, no proxy of the environment asked, no cookie
//! kept; a request ends in bounded time with a bounded answer.

mod clients;
mod endpoint;
mod failure;
mod policy;
mod resolver;
mod retry_after;

use std::sync::Arc;

use domain::value::{EndpointUrl, Issuer};
use reqwest::dns::Resolve;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};

use self::clients::Clients;
pub use self::endpoint::{Endpoint, InvalidEndpoint};
pub use self::failure::{Blocked, Failure};
pub use self::policy::{Allowed, Policy};
use self::resolver::System;
use crate::clock::Clock;
use crate::config;

/// How much of an answer's body is read, in bytes. The rest stays where it is.
const BODY: usize = 16 * 1024;

/// How the other end of an HTTPS connection proves who it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tls {
    /// By a certificate that the system trusts.
    System,
    /// By a certificate of one of these authorities (PEM), and of no other.
    Ca(Arc<str>),
    /// Not at all: who can divert the connection reads what is sent.
    Unverified,
}

/// What came back. Any status is an answer, a redirect too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// For how many seconds we are asked to wait (RFC 9110 §10.2.3).
    pub retry_after: Option<i64>,
    /// The media type of the body.
    pub content_type: Option<String>,
    /// The first 16 KiB of the body, or less if the rest did not come in time.
    pub body: Vec<u8>,
}

/// Sends to where it may.
pub struct Outbound {
    policy: Arc<Policy>,
    clients: Clients,
    clock: Arc<dyn Clock>,
}

impl Outbound {
    /// A client that asks the system for the addresses of names.
    pub fn new(settings: &config::Outbound, issuer: &Issuer, clock: Arc<dyn Clock>) -> Self {
        Self::with_resolver(settings, issuer, clock, Arc::new(System))
    }

    /// A client that asks `resolver` for the addresses of names. It is not believed either.
    pub fn with_resolver(
        settings: &config::Outbound,
        issuer: &Issuer,
        clock: Arc<dyn Clock>,
        resolver: Arc<dyn Resolve>,
    ) -> Self {
        let policy = Arc::new(Policy::new(settings, issuer));
        Self {
            clients: Clients::new(settings, resolver::guard(policy.clone(), resolver)),
            policy,
            clock,
        }
    }

    /// Whether an endpoint may be sent to, as far as its URL tells: what a name stands for shows when it
    /// is resolved.
    pub fn check(&self, endpoint: &Endpoint) -> Result<(), Blocked> {
        self.policy.check(endpoint)
    }

    /// Whether a URL is one that is sent to; says why it is not.
    pub fn check_url(&self, url: &EndpointUrl) -> Result<(), String> {
        let endpoint = Endpoint::parse(url.as_str()).map_err(|error| error.to_string())?;
        self.check(&endpoint).map_err(|error| error.to_string())
    }

    /// Whether the other end can be verified in this way.
    pub fn check_tls(&self, tls: &Tls) -> Result<(), Failure> {
        self.clients.get(tls).map(drop)
    }

    /// Posts a body, and returns what the other end says to it.
    pub async fn post(
        &self,
        endpoint: &Endpoint,
        tls: &Tls,
        headers: HeaderMap,
        body: String,
    ) -> Result<Answer, Failure> {
        self.check(endpoint)?;
        // Plain HTTP needs no roots, so there need not be any.
        let tls = if endpoint.is_https() {
            tls
        } else {
            &Tls::Unverified
        };
        let client = self.clients.get(tls)?;
        let request = client.post(endpoint.url().clone());
        let response = request.headers(headers).body(body).send().await;
        let mut response = response.map_err(|error| Failure::of(&error))?;
        let text = |name| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let now = self.clock.now();
        let mut answer = Answer {
            status: response.status().as_u16(),
            retry_after: text(RETRY_AFTER).and_then(|value| retry_after::parse(&value, now)),
            content_type: text(CONTENT_TYPE),
            body: Vec::new(),
        };
        // The status has been said: what becomes of the body does not change it.
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = BODY - answer.body.len();
            answer.body.extend(chunk.iter().take(room));
            if answer.body.len() == BODY {
                break;
            }
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests;
