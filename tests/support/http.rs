//! Requests to the router itself, without a socket, and answers as tests look at them.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::Response;
use chancery::http::edge::Because;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use url::Url;
use url::form_urlencoded::Serializer;

use super::TestApp;
use super::app::ISSUER;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// What the log says about it.
    pub(crate) because: Option<String>,
}

impl Answer {
    /// The value of a header; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        match serde_json::from_str(&self.body) {
            Ok(json) => json,
            Err(error) => panic!("{error}: {self:?}"),
        }
    }

    /// Where it redirects to.
    #[track_caller]
    pub(crate) fn location(&self) -> Url {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{self:?}");
        let location = self.header("location");
        Url::parse(ISSUER).unwrap().join(location).unwrap()
    }

    /// Fails unless it has this status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        self
    }

    /// Fails unless it is this OAuth error (RFC 6749 §5.2).
    #[track_caller]
    pub(crate) fn refused(&self, error: &str) {
        assert_eq!(self.json()["error"], error, "{self:?}");
        let expected = if error == "invalid_client" { 401 } else { 400 };
        assert_eq!(self.status.as_u16(), expected);
        assert_eq!(self.header("cache-control"), "no-store");
    }
}

/// A request in the making.
pub(crate) struct Sending {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Sending {
    /// A request without a body. `path` may be a whole URL of ours.
    pub(crate) fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    /// A form that is posted.
    pub(crate) fn form<'a>(
        path: &str,
        fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut sending =
            Self::new(Method::POST, path).with("content-type", "application/x-www-form-urlencoded");
        sending.body = encode(fields);
        sending
    }

    /// A request of any method.
    pub(crate) fn new(method: Method, path: &str) -> Self {
        Self {
            method,
            path: path.strip_prefix(ISSUER).unwrap_or(path).to_owned(),
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// With one more header.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With an access token.
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.with("authorization", format!("Bearer {token}"))
    }

    /// With this body as it is.
    pub(crate) fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }
}

/// Fields as a query or a form.
pub(crate) fn encode<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

impl TestApp {
    /// Sends a request and reads the whole answer.
    pub(crate) async fn send(&self, sending: Sending) -> Answer {
        send(self.router.clone(), sending).await
    }

    /// A `GET` without anything.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Sending::get(path)).await
    }
}

/// Sends a request to a router and reads the whole answer.
pub(crate) async fn send(router: Router, sending: Sending) -> Answer {
    let mut request = Request::builder().method(sending.method).uri(sending.path);
    for (name, value) in sending.headers {
        request = request.header(name, value);
    }
    let request = request.body(Body::from(sending.body)).unwrap();
    read(router.oneshot(request).await.unwrap()).await
}

async fn read(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
        because: parts
            .extensions
            .get::<Because>()
            .map(|because| because.0.clone()),
    }
}
