//! Streams of Shared Signals in a realm file, on a real database.

use chancery::command::streams::{CreateStream, NewAuthorization, UpdateStream, target};
use chancery::delivery::queue;
use chancery::read;
use chancery::realm::{Mode, Outcome};
use domain::refusal::Refusal;
use domain::stream::{Delivery, Stream, StreamSettings, StreamStatus};
use domain::value::{ClientId, StreamId};

use super::realm_file::once;
use crate::support::{TestApp, on_both_databases};

on_both_databases![
    a_stream_that_was_declared_is_there_and_declaring_it_again_writes_nothing,
    one_field_changes_by_one_event,
    a_header_is_rolled_over_and_never_shown,
    an_edit_of_the_receiver_is_undone_by_force_only,
    what_an_operator_stops_by_the_file_holds_nothing,
    a_stream_that_leaves_the_file_is_gone_with_its_queue_and_others_stay,
    with_their_client_all_its_streams_go,
    an_endpoint_must_be_one_that_is_sent_to,
    two_at_once_make_a_stream_once,
];

const SIEM: &str = "\
clients:
  rx:
    name: Receiver
    party: first
    auth_method: client_secret_basic
    secrets: [env:RX]
    grant_types: [client_credentials]
    add_stream: 2
streams:
  siem:
    client: rx
    events_requested: [session-revoked]
    delivery: { method: push, endpoint_url: https://rx.example/events }
    authorization_header: env:SIEM
";

impl TestApp {
    /// The stream that operators call by this name.
    async fn stream_called(&self, name: &str) -> Option<Stream> {
        let id = read::streams::by_name(&self.log, name).await.unwrap()?;
        let (stream, _) = read::streams::get(&self.log, id).await.unwrap().unwrap();
        Some(stream)
    }

    async fn has_queue(&self, stream: StreamId) -> bool {
        let queues = queue::begun(&self.log, "stream").await.unwrap();
        queues.iter().any(|(name, _)| *name == target(stream))
    }

    /// The header that goes with each push of a stream.
    fn header_of(&self, stream: StreamId) -> Option<String> {
        let snapshot = self.snapshot.latest();
        let header = snapshot.streams[&stream].authorization.as_ref();
        header.map(|header| header.as_str().to_owned())
    }

    /// A stream that the receiver makes itself.
    async fn made_by_receiver(&self) -> StreamId {
        let create = CreateStream {
            id: StreamId::new(self.new_id()),
            client: rx(),
            settings: StreamSettings::new(Delivery::Poll),
            authorization: None,
            by_receiver: true,
        };
        self.run(&create).await.id
    }

    async fn describe(&self, stream: StreamId, words: &str) {
        let update = UpdateStream {
            id: stream,
            of: Some(rx()),
            change: |stream: &Stream| -> Result<StreamSettings, Refusal> {
                Ok(StreamSettings {
                    description: words.to_owned(),
                    ..stream.settings.clone()
                })
            },
            authorization: NewAuthorization::Keep,
        };
        self.run(&update).await;
    }
}

fn rx() -> ClientId {
    ClientId::parse("rx").unwrap()
}

async fn a_stream_that_was_declared_is_there_and_declaring_it_again_writes_nothing(app: TestApp) {
    app.applied(SIEM).await;
    let head = app.log.head().await.unwrap();
    assert!(app.applied(SIEM).await.is_empty());
    assert_eq!(app.log.head().await.unwrap(), head);
    app.is_what_the_log_says().await;

    let stream = app.stream_called("siem").await.unwrap();
    assert_eq!(stream.client, rx());
    assert_eq!(stream.status, StreamStatus::Enabled);
    let requested = &stream.settings.events_requested;
    assert!(requested[0].ends_with("/caep/event-type/session-revoked"));
    let header = app.header_of(stream.id);
    assert_eq!(header.unwrap(), "the secret of env:SIEM");
    assert!(app.has_queue(stream.id).await);
    let activity = read::streams::activity(&app.log, stream.id).await.unwrap();
    assert_eq!(activity.unwrap().seen, app.now());
}

async fn one_field_changes_by_one_event(app: TestApp) {
    app.applied(SIEM).await;
    let before = app.stream_called("siem").await.unwrap();
    let head = app.log.head().await.unwrap();
    let text = format!("{SIEM}    format: email\n");
    assert_eq!(app.applied(&text).await.steps.len(), 1);
    assert_eq!(app.events_after(head).await, ["stream.updated"]);
    let after = app.stream_called("siem").await.unwrap();
    assert_ne!(after.settings.format, before.settings.format);
    assert!(app.header_of(after.id).is_some());
    // A header goes to another origin only because the file names it.
    let head = app.log.head().await.unwrap();
    app.applied(&text.replace("rx.example/", "elsewhere.example/"))
        .await;
    let events = app.events_after(head).await;
    assert_eq!(events, ["stream.updated", "stream.authorization_set"]);
    assert!(app.header_of(after.id).is_some());
    app.is_what_the_log_says().await;
}

async fn a_header_is_rolled_over_and_never_shown(app: TestApp) {
    let made = app.applied(SIEM).await;
    let id = app.stream_called("siem").await.unwrap().id;
    let head = app.log.head().await.unwrap();
    let plan = app.applied(&SIEM.replace("env:SIEM", "env:NEW")).await;
    assert_eq!(app.events_after(head).await, ["stream.authorization_set"]);
    assert_eq!(app.header_of(id).unwrap(), "the secret of env:NEW");
    let kept = app.log.read_one("SELECT document FROM applied_realm", &[]);
    let kept = kept.await.unwrap().unwrap();
    for text in [
        made.text(true).to_string(),
        plan.text(true).to_string(),
        plan.to_json().to_string(),
        kept.text(0).unwrap().to_owned(),
    ] {
        assert!(text.contains("authorization_header"), "{text}");
        assert!(!text.contains("the secret"), "{text}");
    }

    let head = app.log.head().await.unwrap();
    let without = SIEM.replace("env:SIEM", "null");
    app.applied(&without).await;
    let events = app.events_after(head).await;
    assert_eq!(events, ["stream.authorization_removed"]);
    assert_eq!(app.header_of(id), None);
    assert!(app.applied(&without).await.is_empty());
    app.is_what_the_log_says().await;
}

async fn an_edit_of_the_receiver_is_undone_by_force_only(app: TestApp) {
    let text = SIEM.replace("client: rx\n", "client: rx\n    description: Ours\n");
    app.applied(&text).await;
    let id = app.stream_called("siem").await.unwrap().id;
    app.describe(id, "Theirs").await;
    let head = app.log.head().await.unwrap();
    let Outcome::Conflicts(plan) = app.realm(&text, Mode::Apply).await else {
        panic!("no conflict")
    };
    assert_eq!((plan.steps.len(), plan.conflicts()), (1, 1));
    assert_eq!(app.log.head().await.unwrap(), head);
    let forced = app.realm(&text, Mode::Force).await;
    assert_eq!(forced, Outcome::Applied(plan));
    let stream = app.stream_called("siem").await.unwrap();
    assert_eq!(stream.settings.description, "Ours");

    // What the file does not name is the receiver's.
    app.describe(id, "Theirs").await;
    assert!(app.applied(SIEM).await.is_empty());
    app.is_what_the_log_says().await;
}

async fn what_an_operator_stops_by_the_file_holds_nothing(app: TestApp) {
    app.applied(SIEM).await;
    let head = app.log.head().await.unwrap();
    let stopped = format!("{SIEM}    status: disabled\n");
    app.applied(&stopped).await;
    assert_eq!(app.events_after(head).await, ["stream.status_changed"]);
    let stream = app.stream_called("siem").await.unwrap();
    assert_eq!(stream.status, StreamStatus::Disabled);
    assert!(stream.stopped_by_operator);
    assert!(app.applied(&stopped).await.is_empty());
    app.is_what_the_log_says().await;
}

async fn a_stream_that_leaves_the_file_is_gone_with_its_queue_and_others_stay(app: TestApp) {
    app.applied(SIEM).await;
    let siem = app.stream_called("siem").await.unwrap().id;
    let theirs = app.made_by_receiver().await;
    let head = app.log.head().await.unwrap();
    let (without, _) = SIEM.split_once("streams:").unwrap();
    app.applied(without).await;
    assert_eq!(app.events_after(head).await, ["stream.deleted"]);
    assert!(app.stream_called("siem").await.is_none());
    assert!(!app.has_queue(siem).await);
    assert!(app.has_queue(theirs).await);
    let streams = read::streams::of_client(&app.log, &rx()).await.unwrap();
    let ids: Vec<StreamId> = streams.iter().map(|(stream, _)| stream.id).collect();
    assert_eq!(ids, [theirs]);
    app.is_what_the_log_says().await;
    // The name is free again.
    app.applied(SIEM).await;
    assert_ne!(app.stream_called("siem").await.unwrap().id, siem);
    app.is_what_the_log_says().await;
}

async fn with_their_client_all_its_streams_go(app: TestApp) {
    app.applied(SIEM).await;
    app.made_by_receiver().await;
    let head = app.log.head().await.unwrap();
    assert_eq!(app.applied("{}").await.steps.len(), 2);
    let events = app.events_after(head).await;
    assert_eq!(
        events,
        ["stream.deleted", "stream.deleted", "client.deleted"]
    );
    assert!(queue::begun(&app.log, "stream").await.unwrap().is_empty());
    app.is_what_the_log_says().await;
}

async fn an_endpoint_must_be_one_that_is_sent_to(app: TestApp) {
    let head = app.log.head().await.unwrap();
    for (delivery, message) in [
        (
            "https://10.0.0.1/events",
            "endpoint_url: the address is not a public one and not allowed ([outbound] allow)",
        ),
        (
            "https://rx.example/, tls: { private_ca: nonsense }",
            "tls: no TLS connection: there is no certificate in the PEM text",
        ),
    ] {
        let text = SIEM.replace("https://rx.example/events", delivery);
        let Outcome::Invalid(problems) = app.realm(&text, Mode::Force).await else {
            panic!("accepted: {delivery}")
        };
        let place = "realm.yaml:13:5: streams.siem.delivery";
        assert_eq!(problems.to_string(), format!("{place}: {message}"));
    }
    assert_eq!(app.log.head().await.unwrap(), head);
}

async fn two_at_once_make_a_stream_once(app: TestApp) {
    let (clients, _) = SIEM.split_once("streams:").unwrap();
    app.applied(clients).await;
    once(app.applied(SIEM), app.applied(SIEM)).await;
    app.is_what_the_log_says().await;
}
