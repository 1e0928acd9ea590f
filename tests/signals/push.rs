//! Pushed tokens reach a receiver that verifies them by the library (RFC 8935).

use std::sync::Arc;

use chancery::command::streams::{
    CreateStream, DeleteStream, NewAuthorization, SetStreamStatus, UpdateStream, place, target,
};
use chancery::delivery::{Engine, Stopped, queue};
use chancery::keys::ring::{self, Rotate};
use chancery::ssf::channel::Push as PushChannel;
use chancery::ssf::consumer::Signals;
use chancery::ssf::{table, watch};
use domain::stream::{Delivery, StatusSetter, Stream, StreamSettings, StreamStatus, Tls};
use domain::value::{EndpointUrl, SigningAlg, StreamId};
use tokio::task::JoinHandle;

use super::receiver::Receiver;
use crate::support::furnished::client_id;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    a_pushed_token_stands_up_to_a_strict_receiver,
    a_receiver_that_is_away_for_hours_gets_everything_in_order,
    what_is_held_goes_out_in_order_after_the_news_of_it,
    a_token_is_signed_anew_only_when_its_key_is_gone,
    a_stream_removed_while_a_push_is_under_way_ends_quietly,
    a_header_that_was_changed_goes_with_what_was_signed_before,
    a_stream_in_which_too_much_waits_is_disabled_and_says_so,
    a_silent_receiver_pauses_its_stream,
    a_stream_that_goes_on_is_judged_by_what_waits_then,
    one_receiver_hears_nothing_of_another,
];

impl TestApp {
    pub(crate) async fn push_stream(
        &self,
        receiver: &Receiver,
        change: impl Fn(&mut StreamSettings),
    ) -> StreamId {
        let mut settings = StreamSettings::new(Delivery::Push {
            endpoint_url: EndpointUrl::parse(&receiver.url).unwrap(),
            tls: Tls::Public,
        });
        settings.events_requested = table::supported().map(str::to_owned).collect();
        change(&mut settings);
        let id = StreamId::new(self.new_id());
        let header = b"Bearer the-receivers-own";
        let name = id.to_string();
        let create = CreateStream {
            id,
            client: client_id("machine"),
            settings,
            authorization: Some(
                self.master_key
                    .seal(place(&name), header, self.rng.as_ref()),
            ),
            by_receiver: false,
        };
        self.run(&create).await.id
    }

    /// What happened is looked at, and what is due goes out.
    pub(crate) async fn deliver(&self) {
        self.digest(&Signals).await;
        self.engine().drain().await.unwrap();
    }

    fn engine(&self) -> Engine {
        Engine::new(
            (**self).clone(),
            [Arc::new(PushChannel) as Arc<dyn chancery::delivery::Channel>],
        )
    }

    /// Delivers to a receiver that has the first push, and does not answer before it is opened.
    async fn is_pushing(&self, receiver: &Receiver) -> JoinHandle<Result<(), Stopped>> {
        receiver.close();
        let engine = self.engine();
        let delivering = tokio::spawn(async move { engine.drain().await });
        receiver.has(1).await;
        delivering
    }

    pub(super) async fn delete_stream(&self, id: StreamId) {
        self.run(&DeleteStream { id, of: None }).await;
    }

    pub(super) async fn set_status(&self, id: StreamId, status: StreamStatus) {
        let set = SetStreamStatus {
            id,
            of: None,
            status,
            reason: Some("maintenance".to_owned()),
            by: StatusSetter::Operator,
        };
        self.run(&set).await;
    }
}

/// The last part of each event's URI.
async fn names(app: &TestApp, receiver: &Receiver) -> Vec<String> {
    let tokens = receiver.tokens(app, "machine").await;
    let name = |uri: &str| uri.rsplit('/').next().unwrap().to_owned();
    tokens.iter().map(|token| name(token.event.uri())).collect()
}

async fn a_pushed_token_stands_up_to_a_strict_receiver(app: TestApp) {
    let receiver = Receiver::start().await;
    app.push_stream(&receiver, |_| ()).await;
    let es256 = |settings: &mut StreamSettings| settings.signing_alg = SigningAlg::Es256;
    app.push_stream(&receiver, es256).await;
    let alice = app.user_named("alice").await;
    app.session(alice).await;
    app.deliver().await;
    assert_eq!(names(&app, &receiver).await, ["session-established"; 2]);
    for push in receiver.pushes() {
        assert_eq!(push.headers["authorization"], "Bearer the-receivers-own");
        assert_eq!(push.headers["content-type"], "application/secevent+jwt");
        assert_eq!(push.headers["accept"], "application/json");
    }
}

async fn a_receiver_that_is_away_for_hours_gets_everything_in_order(app: TestApp) {
    let receiver = Receiver::start().await;
    let stream = app.push_stream(&receiver, |_| ()).await;
    let people = ["alice", "bob", "carol", "dora"];
    receiver.answers([503; 12]);
    for name in people {
        app.session(app.user_named(name).await).await;
    }
    for _ in 0..6 {
        app.deliver().await;
        app.clock.advance(7200);
    }
    let failed = receiver.pushes();
    assert!((6..=12).contains(&failed.len()), "{} tries", failed.len());
    assert!(
        failed.iter().all(|push| push.token == failed[0].token),
        "the head is tried, unchanged"
    );
    receiver.answers([202; 12]);
    while queue::status(&app.log, &target(stream))
        .await
        .unwrap()
        .unwrap()
        .pending
        > 0
    {
        app.clock.advance(7200);
        app.deliver().await;
    }
    let mut heard: Vec<_> = receiver.tokens(&app, "machine").await;
    heard.dedup_by(|a, b| a.jti == b.jti);
    assert_eq!(heard.len(), people.len());
    for (token, name) in heard.iter().zip(people) {
        let subject = serde_json::to_value(token.subject.as_ref().unwrap()).unwrap();
        assert_eq!(subject["sub"], app.user_named(name).await.to_string());
    }
}

async fn what_is_held_goes_out_in_order_after_the_news_of_it(app: TestApp) {
    let receiver = Receiver::start().await;
    let stream = app.push_stream(&receiver, |_| ()).await;
    app.set_status(stream, StreamStatus::Paused).await;
    for name in ["alice", "bob"] {
        app.session(app.user_named(name).await).await;
    }
    app.deliver().await;
    assert_eq!(
        names(&app, &receiver).await,
        ["stream-updated"],
        "the rest is held"
    );
    app.set_status(stream, StreamStatus::Enabled).await;
    app.deliver().await;
    assert_eq!(
        names(&app, &receiver).await,
        [
            "stream-updated",
            "session-established",
            "session-established",
            "stream-updated"
        ]
    );
    let tokens = receiver.tokens(&app, "machine").await;
    let subject = serde_json::to_value(tokens[1].subject.as_ref().unwrap()).unwrap();
    assert_eq!(subject["sub"], app.user_named("alice").await.to_string());
}

async fn a_token_is_signed_anew_only_when_its_key_is_gone(app: TestApp) {
    let receiver = Receiver::start().await;
    app.push_stream(&receiver, |_| ()).await;
    app.session(app.user_named("alice").await).await;
    receiver.answers([503, 503]);
    app.deliver().await;
    app.clock.advance(3600);
    app.deliver().await;
    // The key that signed is replaced, retired and no longer published.
    let alg = SigningAlg::Rs256;
    let (kid, material) = ring::generate(alg, &app.master_key, app.rng.as_ref()).unwrap();
    app.run(&Rotate { alg, kid, material }).await;
    let keys = &app.config.keys;
    for _ in 0..2 {
        app.pass(keys.publish.seconds() + 1).await;
        app.pass(keys.keep.seconds() + 1).await;
    }
    app.deliver().await;
    let tokens: Vec<_> = receiver
        .pushes()
        .into_iter()
        .map(|push| push.token)
        .collect();
    let [first, second, third] = &tokens[..] else {
        panic!("{} pushes", tokens.len());
    };
    assert_eq!(first, second);
    assert_ne!(first, third);
    let claims = |token: &str| crate::support::client::unverified(token);
    assert_eq!(claims(first), claims(third), "name and claims are the same");
    let published = app.get("/jwks").await.is(200).json();
    let kids: Vec<_> = published["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["kid"].clone())
        .collect();
    let kid = |token: &str| {
        let header = jose::Unverified::parse(token).unwrap();
        serde_json::Value::from(header.kid().unwrap())
    };
    assert!(!kids.contains(&kid(first)) && kids.contains(&kid(third)));
}

async fn a_stream_removed_while_a_push_is_under_way_ends_quietly(app: TestApp) {
    let receiver = Receiver::start().await;
    let stream = app.push_stream(&receiver, |_| ()).await;
    for _ in 0..3 {
        app.session(app.user_named("alice").await).await;
    }
    app.digest(&Signals).await;
    let delivering = app.is_pushing(&receiver).await;
    app.delete_stream(stream).await;
    receiver.open();
    delivering.await.unwrap().unwrap();
    assert_eq!(
        receiver.pushes().len(),
        1,
        "nothing goes out after the stream is gone"
    );
    assert_eq!(
        queue::status(&app.log, &target(stream)).await.unwrap(),
        None
    );
    assert!(app.waiting(&target(stream)).await.is_empty());
}

async fn a_header_that_was_changed_goes_with_what_was_signed_before(app: TestApp) {
    let receiver = Receiver::start().await;
    let stream = app.push_stream(&receiver, |_| ()).await;
    for _ in 0..2 {
        app.session(app.user_named("alice").await).await;
    }
    app.digest(&Signals).await;
    let delivering = app.is_pushing(&receiver).await;
    let name = stream.to_string();
    let header = app
        .master_key
        .seal(place(&name), b"Bearer another", app.rng.as_ref());
    app.run(&UpdateStream {
        id: stream,
        of: None,
        change: |stream: &Stream| Ok(stream.settings.clone()),
        authorization: NewAuthorization::Set(header),
    })
    .await;
    receiver.open();
    delivering.await.unwrap().unwrap();
    let sent = receiver.pushes();
    let headers: Vec<_> = sent
        .iter()
        .map(|push| &push.headers["authorization"])
        .collect();
    assert_eq!(headers, ["Bearer the-receivers-own", "Bearer another"]);
}

async fn a_stream_in_which_too_much_waits_is_disabled_and_says_so(app: TestApp) {
    let receiver = Receiver::start().await;
    let stream = app
        .push_stream(&receiver, |settings| settings.most_pending = 2)
        .await;
    receiver.answers([503]);
    for _ in 0..3 {
        app.session(app.user_named("alice").await).await;
    }
    app.deliver().await;
    watch::run(&app).await.unwrap();
    let status = queue::status(&app.log, &target(stream))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((status.pending, status.lost), (0, 3));
    app.clock.advance(3600);
    app.deliver().await;
    let last = receiver.tokens(&app, "machine").await.pop().unwrap();
    assert!(last.event.uri().ends_with("/stream-updated"));
    let said = serde_json::to_value(&last.event).unwrap();
    assert_eq!(said["status"], "disabled");
    assert!(said["reason"].as_str().unwrap().contains("more than 2"));
}

async fn a_silent_receiver_pauses_its_stream(app: TestApp) {
    let receiver = Receiver::start().await;
    let stream = app
        .push_stream(&receiver, |settings| settings.inactivity_timeout = 600)
        .await;
    // What was heard of it may be noted a minute late.
    app.pass(659).await;
    assert_eq!(
        app.snapshot.latest().streams[&stream].stream.status,
        StreamStatus::Enabled
    );
    app.pass(1).await;
    assert_eq!(
        app.snapshot.latest().streams[&stream].stream.status,
        StreamStatus::Paused
    );
    app.deliver().await;
    assert_eq!(names(&app, &receiver).await, ["stream-updated"]);
    // Whoever starts it again gives it the same time anew.
    app.set_status(stream, StreamStatus::Enabled).await;
    app.pass(600).await;
    assert_eq!(
        app.snapshot.latest().streams[&stream].stream.status,
        StreamStatus::Enabled
    );
}

/// What was dropped at the end of a stream's patience does not count when the stream goes on, nor does the news
/// of it that nobody has taken yet.
async fn a_stream_that_goes_on_is_judged_by_what_waits_then(app: TestApp) {
    let receiver = Receiver::start().await;
    let stream = app
        .push_stream(&receiver, |settings| settings.oldest_pending = 3600)
        .await;
    receiver.answers([503; 10]);
    let status = || app.snapshot.latest().streams[&stream].stream.status;
    let alice = app.user_named("alice").await;
    app.session(alice).await;
    app.deliver().await;
    app.clock.advance(3600);
    watch::run(&app).await.unwrap();
    assert_eq!(status(), StreamStatus::Disabled);
    app.deliver().await;
    app.clock.advance(3601);
    app.set_status(stream, StreamStatus::Enabled).await;
    app.session(alice).await;
    app.deliver().await;
    watch::run(&app).await.unwrap();
    assert_eq!(status(), StreamStatus::Enabled);
    app.clock.advance(3600);
    watch::run(&app).await.unwrap();
    assert_eq!(status(), StreamStatus::Disabled);
    let queue = queue::status(&app.log, &target(stream)).await;
    assert_eq!(queue.unwrap().unwrap().lost, 2);
}

async fn one_receiver_hears_nothing_of_another(app: TestApp) {
    let (one, other) = (Receiver::start().await, Receiver::start().await);
    let quiet = |settings: &mut StreamSettings| {
        settings
            .events_requested
            .retain(|uri| uri.ends_with("/session-revoked"));
    };
    app.push_stream(&one, |_| ()).await;
    app.push_stream(&other, quiet).await;
    app.session(app.user_named("alice").await).await;
    app.deliver().await;
    assert_eq!(one.pushes().len(), 1);
    assert!(other.pushes().is_empty());
}
