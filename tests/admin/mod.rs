//! The admin API, through the router: what it does, and to whom it refuses that.

mod bodies;
mod clients;
mod directory;
mod events;
mod operations;
mod powers;
mod signals;
mod streams;

use axum::http::Method;
use chancery::admin_api;
use chancery::command::apis::{Change, ChangeApi};
use domain::api::{Ceiling, Holder, SubjectKind};
use domain::value::ScopeSet;
use serde_json::Value;

use crate::support::TestApp;
use crate::support::app::ISSUER;
use crate::support::client::Client;
use crate::support::furnished::{client, client_id};
use crate::support::http::{Answer, Sending};
use crate::support::realm::machine;

/// The group whose members hold every power.
const ADMINISTRATORS: &str = "administrators";

/// The address of the admin API.
fn api() -> String {
    [ISSUER, admin_api::PATH].concat()
}

/// Every scope of the admin API.
fn all_scopes() -> String {
    let names: Vec<&str> = admin_api::SCOPES.iter().map(|(scope, _)| *scope).collect();
    names.join(" ")
}

/// A client that acts for itself at the admin API.
struct Operator<'a> {
    client: Client<'a>,
    token: String,
}

impl<'a> Operator<'a> {
    /// Registers a client that may have these scopes of the admin API, and gets it a token.
    async fn new(app: &'a TestApp, id: &'a str, scopes: &str) -> Self {
        app.run(&client(id, machine(id), Some(id))).await;
        allow(app, id, SubjectKind::Client, scopes).await;
        Self::known(app, id, scopes).await
    }

    /// A client that is registered already: its secret is its id.
    async fn known(app: &'a TestApp, id: &'a str, scopes: &str) -> Self {
        let client = Client {
            app,
            id,
            secret: Some(id),
            redirect_uri: "",
        };
        let request = client.credentials().resource(&api()).scope(scopes);
        Self {
            client,
            token: request.await.ok().access_token,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut sending =
            Sending::new(method, &[admin_api::PATH, path].concat()).bearer(&self.token);
        if let Some(body) = body {
            sending = sending
                .with("content-type", "application/json")
                .body(body.to_string());
        }
        self.client.app.send(sending).await
    }
}

/// Lets a client ask the admin API for these scopes.
async fn allow(app: &TestApp, id: &str, subject: SubjectKind, scopes: &str) {
    let ceiling = Ceiling::Scopes(ScopeSet::parse(scopes).unwrap());
    let change = Change::AllowClient(Holder::Client(client_id(id)), subject, ceiling);
    let id = admin_api::ID;
    app.run(&ChangeApi { id, change }).await;
}

impl Answer {
    /// Fails unless it is a problem of this name (RFC 9457) and status.
    #[track_caller]
    fn problem(self, status: u16, name: &str) -> Value {
        let answer = self.is(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(
            problem["type"],
            format!("{}/problems#{name}", admin_api::PATH),
            "{problem}"
        );
        assert_eq!(problem["status"], status);
        problem
    }
}
