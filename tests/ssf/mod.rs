//! The Shared Signals endpoints, as receivers find them.

mod metadata;
mod poll;
mod requests;
mod status;
mod streams;
mod subjects;
mod two_nodes;
mod verification;

use axum::http::Method;
use chancery::command::apis::{Change, ChangeApi};
use chancery::command::streams::{SetStreamStatus, target};
use chancery::delivery::queue::{self, NewDelivery};
use chancery::ssf_api;
use domain::api::{Ceiling, Holder, SubjectKind};
use domain::client::ClientSettings;
use domain::stream::{StatusSetter, StreamStatus};
use domain::value::StreamId;
use eventlog::Batch;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::app::ISSUER;
use crate::support::client::Client;
use crate::support::furnished::{client, client_id};
use crate::support::http::{Answer, Sending};
use crate::support::realm::machine;

const SESSION_REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const CREDENTIAL_CHANGE: &str =
    "https://schemas.openid.net/secevent/caep/event-type/credential-change";

/// The URL of an endpoint.
fn url(path: &str) -> String {
    [ISSUER, ssf_api::PATH, path].concat()
}

/// A receiver with a token for its streams.
struct Receiver<'a> {
    client: Client<'a>,
    token: String,
}

impl<'a> Receiver<'a> {
    /// Registers a client that may have so many streams, and gets it a token.
    async fn new(app: &'a TestApp, id: &'a str, streams: u32) -> Self {
        register(app, id, streams).await;
        Self::known(app, id).await
    }

    /// A client that is registered already.
    async fn known(app: &'a TestApp, id: &'a str) -> Self {
        let client = receiving(app, id);
        let token = token(client, "ssf.read ssf.manage").await;
        Self { client, token }
    }

    /// The same at another node.
    fn at<'b>(&self, app: &'b TestApp, id: &'b str) -> Receiver<'b> {
        Receiver {
            client: receiving(app, id),
            token: self.token.clone(),
        }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let path = path.strip_prefix(&url("")).unwrap_or(path);
        let mut sending = Sending::new(method, &url(path)).bearer(&self.token);
        if let Some(body) = body {
            sending = sending
                .with("content-type", "application/json")
                .body(body.to_string());
        }
        let answer = self.client.app.send(sending).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        answer
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    async fn patch(&self, body: Value) -> Answer {
        self.send(Method::PATCH, "/streams", Some(body)).await
    }

    async fn put(&self, body: Value) -> Answer {
        self.send(Method::PUT, "/streams", Some(body)).await
    }

    async fn delete(&self, query: &str) -> Answer {
        let path = format!("/streams{query}");
        self.send(Method::DELETE, &path, None).await
    }

    /// Makes a stream that asks for this.
    async fn stream(&self, body: Value) -> Value {
        self.post("/streams", body).await.is(201).json()
    }

    /// Makes a stream that is polled for session-revoked; its id.
    async fn polled(&self) -> String {
        let body = json!({"events_requested": [SESSION_REVOKED]});
        id(&self.stream(body).await)
    }

    /// The stream as it is now.
    async fn read(&self, stream: &str) -> Value {
        let path = format!("/streams?stream_id={stream}");
        self.get(&path).await.is(200).json()
    }

    /// Polls, and does not wait.
    async fn poll(&self, stream: &str, mut body: Value) -> Value {
        body["returnImmediately"] = true.into();
        let path = format!("/streams/{stream}/poll");
        self.post(&path, body).await.is(200).json()
    }

    /// Polls, and waits.
    async fn wait(&self, stream: &str) -> Value {
        let path = format!("/streams/{stream}/poll");
        self.post(&path, json!({})).await.is(200).json()
    }
}

/// The id of a stream.
fn id(stream: &Value) -> String {
    stream["stream_id"].as_str().unwrap().to_owned()
}

/// The names of the tokens of an answer to a poll, in its order.
fn names(answer: &Value) -> Vec<&str> {
    answer["sets"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

fn receiving<'a>(app: &'a TestApp, id: &'a str) -> Client<'a> {
    Client {
        app,
        id,
        secret: Some(id),
        redirect_uri: "",
    }
}

/// A token of a client's own with these scopes.
async fn token(client: Client<'_>, scopes: &str) -> String {
    let request = client.credentials().resource(&url("")).scope(scopes);
    request.await.ok().access_token
}

/// Registers a client that may have so many streams; its secret is its id.
async fn register(app: &TestApp, id: &str, streams: u32) {
    let settings = ClientSettings {
        add_stream: streams,
        ..machine(id)
    };
    app.run(&client(id, settings, Some(id))).await;
    allow(app, id, SubjectKind::Client).await;
}

/// Lets a client have every scope of the Shared Signals endpoints.
async fn allow(app: &TestApp, id: &str, subject: SubjectKind) {
    let change = Change::AllowClient(Holder::Client(client_id(id)), subject, Ceiling::All);
    let id = ssf_api::ID;
    app.run(&ChangeApi { id, change }).await;
}

impl TestApp {
    /// Queues tokens of these names for a stream.
    async fn queue(&self, stream: &str, names: &[&str]) {
        let target = target(StreamId::parse(stream).unwrap());
        let position = self.log.head().await.unwrap();
        let deliveries = (0..).zip(names).map(|(ordinal, name)| NewDelivery {
            target: target.clone(),
            id: (*name).to_owned(),
            position,
            ordinal,
            user: None,
            kind: SESSION_REVOKED.to_owned(),
            control: false,
            body: json!({"iss": ISSUER, "jti": name}).to_string(),
            created: self.now(),
        });
        let batch = Batch {
            rows: queue::enqueue(&deliveries.collect::<Vec<_>>()),
            wake: queue::topics([target.as_str()]),
            ..Batch::default()
        };
        self.log.append(batch).await.unwrap();
    }

    /// An operator sets the status of a stream.
    async fn operator_sets(&self, stream: &str, status: StreamStatus) {
        let set = SetStreamStatus {
            id: StreamId::parse(stream).unwrap(),
            of: None,
            status,
            reason: None,
            by: StatusSetter::Operator,
        };
        self.run(&set).await;
    }
}

impl Answer {
    /// Fails unless it is this error.
    #[track_caller]
    fn error(self, status: u16, err: &str) -> String {
        let answer = self.is(status);
        assert_eq!(answer.json()["err"], err, "{answer:?}");
        answer.json()["description"].as_str().unwrap().to_owned()
    }
}
