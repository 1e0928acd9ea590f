//! Each request has an id: in its answer, in the log, in the events that it causes.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;

/// A request's id.
#[derive(Debug, Clone, Default)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Middleware: gives the request an id and names it in the answer.
pub async fn set(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = app.new_id().simple().to_string();
    let header = HeaderValue::from_str(&id);
    request.extensions_mut().insert(RequestId(id.into()));
    let mut response = next.run(request).await;
    if let Ok(header) = header {
        response.headers_mut().insert("x-request-id", header);
    }
    response
}
