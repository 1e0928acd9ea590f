//! A line of JSON for each request, as the server writes it by default.

use std::io::{self, BufWriter};
use std::sync::Mutex;
use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

/// Sends the lines to the standard error, many at once.
pub fn start() {
    let gathered = BufWriter::with_capacity(64 * 1024, io::stderr());
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(Mutex::new(gathered))
        .init();
}

/// Middleware that writes one.
pub async fn note(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    let id = Uuid::new_v4();
    tracing::info!(%method, path, status, micros, %id, ip = "127.0.0.1", "request");
    response
}
