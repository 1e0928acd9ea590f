//! The routes, and what they share.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use super::events::{self, Feed};
use super::issuer::Unreachable;
use super::oauth::{Credential, Provider};
use super::pages::{Failure, Home};
use super::sessions::Sessions;
use super::site::{self, page};
use super::{call, sign_in};

/// Who this client is, and what it works with.
pub(crate) struct Config {
    pub(crate) issuer: String,
    pub(crate) client: Credential,
    /// Where browsers reach it, without a slash at the end.
    pub(crate) url: String,
    pub(crate) apis: Vec<Api>,
    /// For demonstrations only: may read the provider's events.
    pub(crate) admin: Option<Credential>,
}

/// An API that this client calls for people.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) name: String,
    /// What the provider knows it by; the `resource` of a request for a token.
    pub(crate) identifier: String,
    /// Where it is reached, without a slash at the end.
    pub(crate) url: String,
}

pub(crate) struct App {
    pub(crate) provider: Provider,
    pub(crate) url: String,
    pub(crate) apis: Vec<Api>,
    pub(crate) admin: Option<Credential>,
    pub(crate) sessions: Sessions,
    pub(crate) feed: Mutex<Feed>,
}

impl App {
    pub(crate) fn api(&self, name: &str) -> Result<&Api, Failure> {
        self.apis
            .iter()
            .find(|api| api.name == name)
            .ok_or_else(|| Failure {
                status: StatusCode::NOT_FOUND,
                title: "No such API".into(),
                reason: format!("This client was not told of an API called {name}."),
                advice: String::new(),
            })
    }

    /// Where the provider sends the browser back to.
    pub(crate) fn redirect_uri(&self) -> String {
        format!("{}/callback", self.url)
    }
}

/// Answers until the process or the task ends.
pub(crate) async fn serve(config: Config, listener: TcpListener) -> std::io::Result<()> {
    let router = router(config).map_err(std::io::Error::other)?;
    axum::serve(listener, router).await
}

fn router(config: Config) -> Result<Router, Unreachable> {
    let Config {
        issuer,
        client,
        url,
        apis,
        admin,
    } = config;
    // The sign-out form ends up at the provider, which browsers count as its target.
    let form_action = format!("'self' {issuer}");
    let app = Arc::new(App {
        provider: Provider::new(issuer, client)?,
        url: url.clone(),
        apis,
        admin,
        sessions: Sessions::default(),
        feed: Mutex::default(),
    });
    let routes = Router::new()
        .route("/", get(home))
        .route("/sign-in", get(sign_in::start))
        .route("/callback", get(sign_in::callback))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/call/{api}", get(call::call))
        .route("/events", get(events::show))
        .with_state(app);
    Ok(site::at(&url, &form_action, routes))
}

async fn home(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let session = app.sessions.find(&headers).map(|(_, session)| session);
    page(&Home {
        issuer: &app.provider.issuer,
        person: session.and_then(|session| session.person),
        apis: app.apis.iter().map(|api| api.name.as_str()).collect(),
        events: app.admin.is_some(),
    })
}

#[cfg(test)]
#[path = "app_tests.rs"]
mod tests;
