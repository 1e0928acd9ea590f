//! Requests to a transmitter: authorised, with bounded answers and errors that say what happened.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;

use http::StatusCode;
use http::header::RETRY_AFTER;
use jose::KeyError;
use reqwest::RequestBuilder;

use crate::ReadError;

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 4 << 20;

/// Where access tokens come from. It is asked before each request, so that it can renew them.
pub trait AccessToken: Send + Sync + 'static {
    /// A token to send as `Authorization: Bearer`.
    fn token(&self) -> impl Future<Output = Result<String, Box<dyn Error + Send + Sync>>> + Send;
}

/// A token that does not change.
impl AccessToken for String {
    async fn token(&self) -> Result<String, Box<dyn Error + Send + Sync>> {
        Ok(self.clone())
    }
}

/// A source of tokens that several clients share.
impl<T: AccessToken> AccessToken for Arc<T> {
    async fn token(&self) -> Result<String, Box<dyn Error + Send + Sync>> {
        T::token(self).await
    }
}

/// Why a request to a transmitter has failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// No access token was to be had.
    #[error("no access token")]
    AccessToken(#[source] Box<dyn Error + Send + Sync>),
    /// The transmitter does not offer it.
    #[error("the transmitter has no `{0}`")]
    NotOffered(&'static str),
    /// An address that is none.
    #[error("{0:?} is not an address")]
    Address(String),
    /// An address without TLS: what is sent there, or answered, others could read or change.
    #[error("`{0}` is not an https URL")]
    Insecure(&'static str),
    /// The transmitter was not reached.
    #[error("the transmitter was not reached")]
    Transport(#[from] reqwest::Error),
    /// An answer longer than this crate reads.
    #[error("the answer is too long")]
    TooLong,
    /// An answer of another status than a success.
    #[error("the transmitter answered {status}")]
    Status {
        /// The status.
        status: StatusCode,
        /// When to try again, in seconds, if the transmitter said so.
        retry_after: Option<u64>,
        /// The body.
        body: String,
    },
    /// An answer that is not what it should be.
    #[error(transparent)]
    Answer(#[from] ReadError),
    /// A stream of another issuer than the transmitter.
    #[error("the stream's `iss` is not the transmitter")]
    Issuer,
    /// A key set that is none.
    #[error("the transmitter's keys: {0}")]
    Keys(KeyError),
}

/// A successful answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

/// Sends a request with an access token.
pub(super) async fn send_authorised(
    request: RequestBuilder,
    token: &impl AccessToken,
) -> Result<Answer, ClientError> {
    let token = token.token().await.map_err(ClientError::AccessToken)?;
    send(request.bearer_auth(token)).await
}

/// Sends a request and reads the answer, which must be a success.
pub(super) async fn send(request: RequestBuilder) -> Result<Answer, ClientError> {
    let mut response = request.send().await?;
    let status = response.status();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|seconds| seconds.to_str().ok()?.parse().ok());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(ClientError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    if !status.is_success() {
        return Err(ClientError::Status {
            status,
            retry_after,
            body: String::from_utf8_lossy(&body).into_owned(),
        });
    }
    Ok(Answer { status, body })
}
