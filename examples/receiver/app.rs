//! The routes: the page that shows what came, the same for programs, and the endpoint for pushes.

use std::sync::{Arc, OnceLock};

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use shared_signals::receiver::{Push, RecentTokens, RemoteKeys};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use super::connect;
use super::ledger::Ledger;
use super::shown::Page;
use super::site;

/// Who this receiver is, and whom it hears.
#[derive(Clone)]
pub(crate) struct Config {
    /// The transmitter, which is also where its access tokens come from.
    pub(crate) issuer: String,
    /// Its name as a client there.
    pub(crate) client: String,
    pub(crate) secret: String,
    /// Where it is reached, without a slash at the end.
    pub(crate) url: String,
}

impl Config {
    /// Where tokens are to be pushed to.
    pub(crate) fn endpoint(&self) -> String {
        format!("{}/push", self.url)
    }
}

pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) ledger: Ledger,
    /// There once the stream is: only then is it known for whom its tokens are.
    pub(crate) push: OnceLock<Push<RemoteKeys, Ledger, RecentTokens>>,
}

/// Answers until the process or the task ends, and connects to the transmitter meanwhile.
pub(crate) async fn serve(config: Config, listener: TcpListener) -> std::io::Result<()> {
    let app = Arc::new(App {
        config,
        ledger: Ledger::default(),
        push: OnceLock::new(),
    });
    let connected = async { connect::connect(&app).await.map_err(std::io::Error::other) };
    tokio::try_join!(axum::serve(listener, router(app.clone())), connected)?;
    Ok(())
}

fn router(app: Arc<App>) -> Router {
    let url = app.config.url.clone();
    let routes = Router::new()
        .route("/", get(still))
        .route("/live", get(live))
        .route("/received", get(received))
        .route("/push", any(push))
        .with_state(app);
    site::at(&url, "'none'", routes)
}

/// `GET /`
async fn still(State(app): State<Arc<App>>) -> Response {
    show(&app, false)
}

/// `GET /live`: the same, loaded again and again. Not everybody can read a page that changes under
/// their hands, so that is asked for (WCAG 2.2 §2.2.2).
async fn live(State(app): State<Arc<App>>) -> Response {
    show(&app, true)
}

fn show(app: &App, live: bool) -> Response {
    let (progress, tokens) = app.ledger.look();
    site::page(&Page::new(&app.config.issuer, &progress, &tokens, live))
}

/// `GET /received`: the claims of what came, newest first.
async fn received(State(app): State<Arc<App>>) -> Response {
    let (_, tokens) = app.ledger.look();
    let claims: Vec<_> = tokens.iter().map(|token| &token.claims).collect();
    Json(claims).into_response()
}

/// `POST /push`: a token from the transmitter (RFC 8935 §2).
async fn push(State(app): State<Arc<App>>, request: Request) -> Response {
    match app.push.get() {
        Some(push) => push.clone().oneshot(request).await.into_response(),
        None => (
            StatusCode::SERVICE_UNAVAILABLE,
            [(header::RETRY_AFTER, "1")],
        )
            .into_response(),
    }
}

#[cfg(test)]
#[path = "app_tests.rs"]
mod tests;
