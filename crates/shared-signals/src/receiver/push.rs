//! Push delivery at the receiving end (RFC 8935 §2): a tower service for the endpoint's path.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use bytes::Bytes;
use http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use tower::Service;

use super::{Inbox, Keys, Rejection, Seen, Sink};
use crate::stream::AuthorizationHeader;
use crate::{ErrorCode, SECEVENT_JWT, SetError};

/// Takes pushed tokens: 202 for one that was taken, 400 with the reason for one that never will be,
/// 503 for one that is to come again.
#[derive(Debug)]
pub struct Push<K, S, D> {
    inbox: Arc<Inbox<K, S, D>>,
    authorization: Option<AuthorizationHeader>,
}

impl<K, S, D> Push<K, S, D> {
    /// An endpoint whose tokens are their own authentication.
    pub fn new(inbox: Arc<Inbox<K, S, D>>) -> Self {
        let authorization = None;
        Self {
            inbox,
            authorization,
        }
    }

    /// Expects every push to bring the stream's `authorization_header`: 401 where it does not.
    #[must_use]
    pub fn with_authorization(mut self, header: AuthorizationHeader) -> Self {
        self.authorization = Some(header);
        self
    }
}

// Derived, it would ask the same of the parameters.
impl<K, S, D> Clone for Push<K, S, D> {
    fn clone(&self) -> Self {
        Self {
            inbox: self.inbox.clone(),
            authorization: self.authorization.clone(),
        }
    }
}

impl<K: Keys, S: Sink, D: Seen, B> Service<Request<B>> for Push<K, S, D>
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let push = self.clone();
        Box::pin(async move { Ok(push.answer(request).await) })
    }
}

impl<K: Keys, S: Sink, D: Seen> Push<K, S, D> {
    async fn answer<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: http_body::Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        if request.method() != Method::POST {
            let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
            let headers = response.headers_mut();
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
            return response;
        }
        if !self.is_authorised(request.headers()) {
            let error = SetError::new(
                ErrorCode::AuthenticationFailed,
                "the `Authorization` header is not the stream's",
            );
            let mut response = refusal(StatusCode::UNAUTHORIZED, &error);
            // RFC 8935 §3. What the header is to be was agreed upon: there is no more to say of it.
            let headers = response.headers_mut();
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return response;
        }
        let invalid = |description| {
            let error = SetError::new(ErrorCode::InvalidRequest, description);
            refusal(StatusCode::BAD_REQUEST, &error)
        };
        if !is_secevent(request.headers()) {
            return invalid("the content type is not `application/secevent+jwt`");
        }
        let body = Limited::new(request.into_body(), jose::MAX_TOKEN);
        let Ok(body) = body.collect().await else {
            return invalid("the body is too long or was not received");
        };
        let body = body.to_bytes();
        let Ok(token) = str::from_utf8(body.trim_ascii()) else {
            return invalid("the body is not a token");
        };
        match self.inbox.receive(token).await {
            Ok(()) => empty(StatusCode::ACCEPTED),
            Err(Rejection::Refused(error)) => refusal(StatusCode::BAD_REQUEST, &error),
            Err(Rejection::Unavailable) => empty(StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    fn is_authorised(&self, headers: &HeaderMap) -> bool {
        let Some(expected) = &self.authorization else {
            return true;
        };
        headers.get(AUTHORIZATION).is_some_and(|sent| {
            verify_slices_are_equal(sent.as_bytes(), expected.expose().as_bytes()).is_ok()
        })
    }
}

fn is_secevent(headers: &HeaderMap) -> bool {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(SECEVENT_JWT))
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    answer(status, Bytes::new())
}

/// RFC 8935 §2.3.
fn refusal(status: StatusCode, error: &SetError) -> Response<Full<Bytes>> {
    let body = serde_json::to_vec(error).unwrap_or_default();
    let mut response = answer(status, body.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static("en"));
    response
}

fn answer(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
