//! Several nodes are one transmitter.

use serde_json::json;

use super::poll::waits;
use super::{Receiver, names};
use crate::support::{TestApp, on_postgres};

on_postgres![
    a_wait_at_one_node_hears_of_the_other,
    a_newer_wait_at_the_other_node_ends_the_older,
    what_one_node_handed_out_the_other_does_not,
    a_stream_is_known_everywhere_at_once,
];

async fn a_wait_at_one_node_hears_of_the_other(app: TestApp) {
    let other = app.second_node().await;
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    let (answer, ()) = tokio::join!(receiver.wait(&stream), async {
        waits(&other, &stream, 0).await;
        other.queue(&stream, &["a"]).await;
    });
    assert_eq!(names(&answer), ["a"]);
}

async fn a_newer_wait_at_the_other_node_ends_the_older(app: TestApp) {
    let other = app.second_node().await;
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    let there = receiver.at(&other, "rx");
    other.snapshot.confirm().await.unwrap();
    let older = async {
        let answer = receiver.wait(&stream).await;
        assert_eq!(answer, json!({"sets": {}}));
        app.queue(&stream, &["a"]).await;
    };
    let newer = async {
        waits(&other, &stream, 0).await;
        there.wait(&stream).await
    };
    let ((), answer) = tokio::join!(older, newer);
    assert_eq!(names(&answer), ["a"]);
}

async fn what_one_node_handed_out_the_other_does_not(app: TestApp) {
    let other = app.second_node().await;
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    let there = receiver.at(&other, "rx");
    other.snapshot.confirm().await.unwrap();
    app.queue(&stream, &["a", "b"]).await;
    let here = receiver.poll(&stream, json!({"maxEvents": 1})).await;
    assert_eq!(names(&here), ["a"]);
    let answer = there.poll(&stream, json!({"ack": ["a"]})).await;
    assert_eq!(names(&answer), ["b"]);
    // Asked of one node, verification counts at all.
    let body = json!({"stream_id": stream});
    receiver.post("/verify", body.clone()).await.is(204);
    there
        .post("/verify", body)
        .await
        .error(429, "too_many_requests");
}

async fn a_stream_is_known_everywhere_at_once(app: TestApp) {
    let other = app.secluded_node().await;
    let receiver = Receiver::new(&app, "rx", 1).await;
    other.snapshot.confirm().await.unwrap();
    let there = receiver.at(&other, "rx");
    let stream = receiver.polled().await;
    assert_eq!(there.read(&stream).await["stream_id"], stream);
    let body = json!({"stream_id": stream, "status": "paused"});
    there.post("/status", body).await.is(200);
    app.queue(&stream, &["a"]).await;
    assert!(names(&receiver.poll(&stream, json!({})).await).is_empty());
}
