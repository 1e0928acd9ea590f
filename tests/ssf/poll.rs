//! RFC 8936: what waits is fetched in order, until it is acknowledged.

use std::sync::Arc;
use std::time::Duration;

use domain::stream::StreamStatus;
use domain::value::SigningAlg;
use jose::{Typ, Unverified};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Receiver, SESSION_REVOKED, names, receiving};
use crate::support::{TestApp, on_both_databases};

on_both_databases![
    what_is_not_acknowledged_comes_again,
    it_comes_in_order_and_in_parts,
    to_acknowledge_only_is_answered_as_well,
    what_is_refused_is_set_aside,
    what_cannot_be_signed_keeps_nothing_else_back,
    what_is_paused_waits_in_order,
    what_is_disabled_is_dropped,
    a_token_keeps_its_signature_while_its_key_is_published,
    a_wait_ends_with_the_first_token,
    a_newer_wait_ends_the_older,
    those_who_wait_hold_no_connection,
    a_wait_that_began_before_the_stream_was_pushed_gets_nothing,
    a_wait_ends_by_itself,
    a_wait_ends_when_the_server_stops,
    a_wait_gives_nothing_to_who_lost_the_right,
    a_stream_that_is_pushed_is_not_polled,
    being_heard_of_is_noted,
];

async fn what_is_not_acknowledged_comes_again(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    app.queue(&stream, &["a", "b"]).await;
    let first = receiver.poll(&stream, json!({})).await;
    assert_eq!(names(&first), ["a", "b"]);
    // Not at once: it may be on its way.
    let again = receiver
        .poll(&stream, json!({"ack": ["b", "unknown", "a\u{0}"]}))
        .await;
    assert_eq!(again, json!({"sets": {}}));
    app.clock.advance(30);
    let again = receiver.poll(&stream, json!({})).await;
    // The same token to the letter.
    assert_eq!(again["sets"], json!({"a": first["sets"]["a"]}));
    receiver.poll(&stream, json!({"ack": ["a"]})).await;
    app.clock.advance(300);
    assert_eq!(receiver.poll(&stream, json!({})).await, json!({"sets": {}}));
    // Acknowledged twice is acknowledged.
    receiver.poll(&stream, json!({"ack": ["a", "a"]})).await;
    let status = chancery::delivery::queue::status(&app.log, &format!("stream/{stream}")).await;
    assert_eq!(status.unwrap().unwrap().pending, 0);
}

async fn it_comes_in_order_and_in_parts(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    app.queue(&stream, &["c", "a", "b"]).await;
    let first = receiver.poll(&stream, json!({"maxEvents": 2})).await;
    assert_eq!(first["moreAvailable"], true);
    // An answer is an object: the test reads its names sorted.
    assert_eq!(names(&first), ["a", "c"]);
    let second = receiver
        .poll(&stream, json!({"maxEvents": 2, "ack": ["a", "c"]}))
        .await;
    assert_eq!(names(&second), ["b"]);
    assert!(second["moreAvailable"].is_null());
    let many: Vec<String> = (0..101).map(|number| format!("{number:03}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    app.queue(&stream, &many).await;
    let bounded = receiver
        .poll(&stream, json!({"maxEvents": 1_000_000}))
        .await;
    assert_eq!(names(&bounded), &many[..100]);
    assert_eq!(bounded["moreAvailable"], true);
    assert_eq!(names(&receiver.poll(&stream, json!({})).await), ["100"]);
}

async fn to_acknowledge_only_is_answered_as_well(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    app.queue(&stream, &["a", "b"]).await;
    receiver.poll(&stream, json!({"maxEvents": 1})).await;
    let path = format!("/streams/{stream}/poll");
    let only = json!({"maxEvents": 0, "ack": ["a"]});
    let answer = receiver.post(&path, only).await.is(200);
    assert_eq!(answer.json(), json!({"sets": {}}));
    assert_eq!(names(&receiver.poll(&stream, json!({})).await), ["b"]);
    let many: Vec<String> = (0..1001).map(|number| number.to_string()).collect();
    let refused = receiver.post(&path, json!({"ack": many})).await;
    refused.error(400, "invalid_request");
}

async fn what_is_refused_is_set_aside(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    app.queue(&stream, &["a", "b"]).await;
    receiver.poll(&stream, json!({})).await;
    let error = json!({"err": "invalid_state", "description": "not\u{0}mine"});
    let told = json!({"setErrs": {"a": error, "unknown": error}, "ack": ["b"]});
    receiver.poll(&stream, told.clone()).await;
    receiver.poll(&stream, told).await;
    app.clock.advance(300);
    assert_eq!(receiver.poll(&stream, json!({})).await, json!({"sets": {}}));
    let dead = "SELECT id, answer FROM deliveries WHERE state = 'dead'";
    let dead = app.log.read(dead, &[]).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].text(0), Ok("a"));
    assert_eq!(dead[0].text(1), Ok("invalid_state: not mine"));
}

async fn what_cannot_be_signed_keeps_nothing_else_back(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    app.queue(&stream, &["a", "b"]).await;
    let spoil = "UPDATE deliveries SET body = '{' WHERE id = 'a'";
    let spoil = eventlog::Statement::new(spoil, []);
    app.log
        .append(eventlog::Batch::rows([spoil]))
        .await
        .unwrap();
    assert_eq!(names(&receiver.poll(&stream, json!({})).await), ["b"]);
    let status = chancery::delivery::queue::status(&app.log, &format!("stream/{stream}")).await;
    let status = status.unwrap().unwrap();
    assert_eq!((status.pending, status.dead), (1, 1));
}

async fn what_is_paused_waits_in_order(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    app.queue(&stream, &["a"]).await;
    app.operator_sets(&stream, StreamStatus::Paused).await;
    app.queue(&stream, &["b", "c"]).await;
    assert_eq!(receiver.poll(&stream, json!({})).await, json!({"sets": {}}));
    app.operator_sets(&stream, StreamStatus::Enabled).await;
    for name in ["a", "b", "c"] {
        let answer = receiver.poll(&stream, json!({"maxEvents": 1})).await;
        assert_eq!(names(&answer), [name]);
    }
}

async fn what_is_disabled_is_dropped(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    app.queue(&stream, &["a"]).await;
    app.operator_sets(&stream, StreamStatus::Disabled).await;
    assert_eq!(receiver.poll(&stream, json!({})).await, json!({"sets": {}}));
    app.operator_sets(&stream, StreamStatus::Enabled).await;
    assert_eq!(receiver.poll(&stream, json!({})).await, json!({"sets": {}}));
    app.queue(&stream, &["b"]).await;
    assert_eq!(names(&receiver.poll(&stream, json!({})).await), ["b"]);
}

async fn a_token_keeps_its_signature_while_its_key_is_published(app: TestApp) {
    use chancery::keys::ring::{Rotate, generate};
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    app.queue(&stream, &["a"]).await;
    let fetch = async || {
        app.clock.advance(30);
        // A token outlives no key: each look has its own.
        let receiver = Receiver::known(&app, "rx").await;
        let answer = receiver.poll(&stream, json!({})).await;
        let token = answer["sets"]["a"].as_str().unwrap().to_owned();
        let parsed = Unverified::parse(&token).unwrap();
        (parsed.kid().unwrap().to_owned(), token)
    };
    let (kid, token) = fetch().await;
    let rotate = async || {
        let made = generate(SigningAlg::Rs256, &app.master_key, &*app.rng);
        let (kid, material) = made.unwrap();
        let alg = SigningAlg::Rs256;
        app.run(&Rotate { alg, kid, material }).await;
        app.pass(app.config.keys.publish.seconds()).await;
    };
    rotate().await;
    assert_eq!(
        fetch().await,
        (kid.clone(), token.clone()),
        "still published"
    );
    app.pass(app.config.keys.keep.seconds()).await;
    let (other_kid, other) = fetch().await;
    assert_ne!(other_kid, kid);
    let claims = |token: &str| app.claims(token, Typ::SECEVENT_JWT);
    assert_eq!(claims(&other)["jti"], "a");
    let before: Value = Unverified::parse(&token).unwrap().claims().unwrap();
    assert_eq!(claims(&other), before);
}

async fn a_wait_ends_with_the_first_token(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    let (answer, ()) = tokio::join!(receiver.wait(&stream), async {
        waits(&app, &stream, 0).await;
        app.queue(&stream, &["a"]).await;
    });
    assert_eq!(names(&answer), ["a"]);
    // What is resumed is handed out as well.
    app.queue(&stream, &["b"]).await;
    app.operator_sets(&stream, StreamStatus::Paused).await;
    let before = turn(&app, &stream).await;
    let (answer, ()) = tokio::join!(receiver.wait(&stream), async {
        waits(&app, &stream, before).await;
        app.operator_sets(&stream, StreamStatus::Enabled).await;
    });
    assert_eq!(names(&answer), ["b"]);
}

async fn a_newer_wait_ends_the_older(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    let older = async {
        let answer = receiver.wait(&stream).await;
        assert_eq!(answer, json!({"sets": {}}));
        // Only now, so that the older would have taken it.
        app.queue(&stream, &["a"]).await;
    };
    let newer = async {
        waits(&app, &stream, 0).await;
        receiver.wait(&stream).await
    };
    let ((), answer) = tokio::join!(older, newer);
    assert_eq!(names(&answer), ["a"]);
}

/// There are more of them than the eight connections to read with.
async fn those_who_wait_hold_no_connection(app: TestApp) {
    const STREAMS: u32 = 12;
    let app = Arc::new(app);
    let receiver = Receiver::new(&app, "rx", STREAMS).await;
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        streams.push(receiver.polled().await);
    }
    let mut waiting = JoinSet::new();
    for stream in streams.clone() {
        let (app, token) = (app.clone(), receiver.token.clone());
        waiting.spawn(async move {
            let client = receiving(&app, "rx");
            let answer = Receiver { client, token }.wait(&stream).await;
            assert_eq!(names(&answer), [&stream]);
        });
    }
    for stream in &streams {
        waits(&app, stream, 0).await;
    }
    for stream in &streams {
        app.queue(stream, &[stream]).await;
    }
    waiting.join_all().await;
}

async fn a_wait_that_began_before_the_stream_was_pushed_gets_nothing(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    let path = format!("/streams/{stream}/poll");
    let (answer, ()) = tokio::join!(receiver.post(&path, json!({})), async {
        waits(&app, &stream, 0).await;
        let delivery =
            json!({"method": "urn:ietf:rfc:8935", "endpoint_url": "https://rx.example/"});
        let patch = json!({"stream_id": stream, "delivery": delivery});
        receiver.patch(patch).await.is(200);
        app.queue(&stream, &["a"]).await;
    });
    answer.error(404, "not_found");
}

async fn a_wait_ends_by_itself(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    let began = std::time::Instant::now();
    assert_eq!(receiver.wait(&stream).await, json!({"sets": {}}));
    let waited = began.elapsed();
    let long_poll = app.config.ssf.long_poll.duration();
    assert!(
        waited >= long_poll && waited < long_poll + Duration::from_secs(20),
        "{waited:?}"
    );
}

async fn a_wait_ends_when_the_server_stops(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    // Sooner than by itself.
    let wait = || tokio::time::timeout(Duration::from_secs(3), receiver.wait(&stream));
    let (answer, ()) = tokio::join!(wait(), async {
        waits(&app, &stream, 0).await;
        app.stopping.begin();
    });
    assert_eq!(answer.unwrap(), json!({"sets": {}}));
    assert_eq!(wait().await.unwrap(), json!({"sets": {}}));
}

async fn a_wait_gives_nothing_to_who_lost_the_right(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    let path = format!("/streams/{stream}/poll");
    let (answer, ()) = tokio::join!(receiver.post(&path, json!({})), async {
        waits(&app, &stream, 0).await;
        app.set_client("rx", |settings| settings.enabled = false)
            .await;
        app.queue(&stream, &["a"]).await;
    });
    answer.is(401);
}

async fn a_stream_that_is_pushed_is_not_polled(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let delivery = json!({"method": "urn:ietf:rfc:8935", "endpoint_url": "https://rx.example/"});
    let made = json!({"events_requested": [SESSION_REVOKED], "delivery": delivery});
    let stream = super::id(&receiver.stream(made).await);
    app.queue(&stream, &["a"]).await;
    let path = format!("/streams/{stream}/poll");
    receiver
        .post(&path, json!({}))
        .await
        .error(404, "not_found");
}

async fn being_heard_of_is_noted(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    let seen = async || {
        let id = stream.parse().unwrap();
        let activity = chancery::read::streams::activity(&app.log, id).await;
        activity.unwrap().unwrap().seen
    };
    let made = seen().await;
    app.clock.advance(59);
    receiver.poll(&stream, json!({})).await;
    assert_eq!(seen().await, made, "one write a minute is enough");
    app.clock.advance(1);
    receiver.poll(&stream, json!({})).await;
    assert_eq!(seen().await, app.now());
    app.clock.advance(60);
    receiver.read(&stream).await;
    assert_eq!(seen().await, app.now());
    app.clock.advance(60);
    // Which stream it would be is not said.
    receiver.get("/streams").await.is(200);
    assert_ne!(seen().await, app.now());
}

/// Who waits for the tokens of a stream.
pub(super) async fn turn(app: &TestApp, stream: &str) -> i64 {
    let stream = stream.parse().unwrap();
    let activity = chancery::read::streams::activity(&app.log, stream).await;
    activity.unwrap().unwrap().poll
}

/// Returns when another waits than before.
pub(super) async fn waits(app: &TestApp, stream: &str, before: i64) {
    while turn(app, stream).await == before {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
