//! SSF 1.0 §8.1.2: a receiver stops its stream and starts it again, but not what an operator stopped.

use domain::stream::StreamStatus;
use serde_json::json;

use super::Receiver;
use crate::support::{TestApp, on_both_databases};

on_both_databases![
    a_receiver_stops_and_starts_its_stream,
    query_and_body_name_the_same_stream,
    what_an_operator_stopped_stays_so,
    what_is_no_status_is_refused,
];

async fn a_receiver_stops_and_starts_its_stream(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    let path = format!("/status?stream_id={stream}");
    let enabled = json!({"stream_id": stream, "status": "enabled"});
    assert_eq!(receiver.get(&path).await.is(200).json(), enabled);
    for body in [
        json!({"stream_id": stream, "status": "paused", "reason": "Maintenance"}),
        json!({"stream_id": stream, "status": "disabled"}),
        enabled,
    ] {
        let set = receiver.post("/status", body.clone()).await.is(200);
        assert_eq!(set.json(), body);
        assert_eq!(receiver.get(&path).await.is(200).json(), body);
    }
    app.is_what_the_log_says().await;
}

async fn query_and_body_name_the_same_stream(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 2).await;
    let (one, other) = (receiver.polled().await, receiver.polled().await);
    let path = format!("/status?stream_id={one}");
    let both = json!({"stream_id": one, "status": "paused"});
    receiver.post(&path, both.clone()).await.is(200);
    receiver
        .post(&path, json!({"status": "paused"}))
        .await
        .is(200);
    let differs = json!({"stream_id": other, "status": "paused"});
    let refused = receiver.post(&path, differs).await;
    refused.error(400, "invalid_request");
    let refused = receiver.post("/status", json!({"status": "paused"})).await;
    refused.error(400, "invalid_request");
    receiver.get("/status").await.error(400, "invalid_request");
    let untouched = receiver.get(&format!("/status?stream_id={other}")).await;
    assert_eq!(untouched.json()["status"], "enabled");
}

async fn what_an_operator_stopped_stays_so(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    let set = async |status: &str| {
        let body = json!({"stream_id": stream, "status": status});
        receiver.post("/status", body).await
    };
    app.operator_sets(&stream, StreamStatus::Paused).await;
    for status in ["enabled", "disabled"] {
        let description = set(status).await.error(403, "access_denied");
        assert!(description.contains("operator"), "{description}");
    }
    // It is so already.
    set("paused").await.is(200);
    app.operator_sets(&stream, StreamStatus::Enabled).await;
    set("paused").await.is(200);
    set("enabled").await.is(200);
    // An operator takes over what the receiver had stopped.
    set("paused").await.is(200);
    app.operator_sets(&stream, StreamStatus::Paused).await;
    set("enabled").await.error(403, "access_denied");
    app.is_what_the_log_says().await;
}

async fn what_is_no_status_is_refused(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    for body in [
        json!({"stream_id": stream}),
        json!({"stream_id": stream, "status": "ENABLED"}),
        json!({"stream_id": stream, "status": "stopped"}),
        json!({"stream_id": stream, "status": "paused", "reason": "a\u{0}b"}),
        json!({"stream_id": stream, "status": "paused", "reason": "x".repeat(501)}),
    ] {
        let refused = receiver.post("/status", body).await;
        refused.error(400, "invalid_request");
    }
}
