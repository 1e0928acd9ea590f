//! What the identity provider wrote down meanwhile: its event feed, read page by page from where
//! the last reading stopped. For demonstrations only: it takes a client with the right to read
//! events, and shows to everyone who is signed in here what all of them did.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use super::app::App;
use super::oauth::{Credential, OAuthError, Provider};
use super::pages::{Events, Failure};
use super::site::page;

/// How many events are kept to be shown.
const SHOWN: usize = 100;

/// The newest events, and the position behind them.
#[derive(Default)]
pub(crate) struct Feed {
    after: Option<String>,
    newest: VecDeque<Event>,
}

/// A CloudEvent, as far as it is shown.
#[derive(Clone, Deserialize)]
pub(crate) struct Event {
    pub(crate) sequence: String,
    pub(crate) time: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) subject: String,
    pub(crate) data: Value,
}

impl Event {
    /// Whether it happened at `second` (since 1970) or later.
    fn is_since(&self, second: i64) -> bool {
        self.time
            .parse()
            .is_ok_and(|time: jiff::Timestamp| time.as_second() >= second)
    }
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Event>,
    /// The position behind the last event.
    next: String,
    more: bool,
}

/// `GET /events`
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let session = app.sessions.find(&headers).map(|(_, session)| session);
    let session = session.filter(|session| session.person.is_some());
    let (Some(admin), Some(session)) = (&app.admin, session) else {
        return Err(Failure {
            status: StatusCode::NOT_FOUND,
            title: "No events here".into(),
            reason: "Events are shown after a sign-in, if this client may read them.".into(),
            advice: String::new(),
        });
    };
    let mut feed = app.feed.lock().await;
    feed.read(&app.provider, admin).await?;
    let newest_first = feed.newest.iter().rev().cloned();
    let (since, before) = newest_first.partition(|event| event.is_since(session.started));
    Ok(page(&Events {
        issuer: &app.provider.issuer,
        admin: &admin.id,
        since,
        before,
    }))
}

impl Feed {
    async fn read(&mut self, provider: &Provider, admin: &Credential) -> Result<(), OAuthError> {
        let api = format!("{}/api/v1", provider.issuer);
        let form = [
            ("grant_type", "client_credentials"),
            ("resource", &api),
            ("scope", "events.read"),
        ];
        let token = provider.token(admin, &form).await?.access_token;
        loop {
            let mut url = format!("{api}/events");
            if let Some(after) = &self.after {
                url = format!("{url}?after={after}");
            }
            let response = provider.http.get(url).bearer_auth(&token).send().await?;
            let page: Page = response.error_for_status()?.json().await?;
            self.newest.extend(page.items);
            self.newest.drain(..self.newest.len().saturating_sub(SHOWN));
            self.after = Some(page.next);
            if !page.more {
                return Ok(());
            }
        }
    }
}
