//! SSF 1.0 §8.1.4: a receiver asks for a sign of life, and gets its state back to the letter.

use jose::Typ;
use serde_json::json;

use super::{Receiver, names};
use crate::support::app::ISSUER;
use crate::support::{TestApp, on_both_databases};

on_both_databases![
    the_state_comes_back,
    it_cannot_be_asked_for_all_the_time,
    what_is_stopped_is_not_verified,
];

const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";

async fn the_state_comes_back(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    let state = "é \" \\ \u{0}\n 🦀";
    let body = json!({"stream_id": stream, "state": state});
    let asked = receiver.post("/verify", body).await.is(204);
    assert_eq!(asked.body, "");
    let answer = receiver.poll(&stream, json!({})).await;
    let [jti] = names(&answer)[..] else {
        panic!("{answer}");
    };
    let token = answer["sets"][jti].as_str().unwrap();
    let claims = app.claims(token, Typ::SECEVENT_JWT);
    let expected = json!({
        "iss": ISSUER,
        "aud": "rx",
        "iat": app.now().seconds(),
        "jti": jti,
        "sub_id": {"format": "opaque", "id": stream},
        "events": {VERIFICATION: {"state": state}},
    });
    assert_eq!(claims, expected);
    // Without state there is none.
    app.clock.advance(60);
    receiver.poll(&stream, json!({"ack": [jti]})).await;
    receiver
        .post("/verify", json!({"stream_id": stream}))
        .await
        .is(204);
    let answer = receiver.poll(&stream, json!({})).await;
    let [jti] = names(&answer)[..] else {
        panic!("{answer}");
    };
    let claims = app.claims(answer["sets"][jti].as_str().unwrap(), Typ::SECEVENT_JWT);
    assert_eq!(claims["events"], json!({VERIFICATION: {}}));
}

async fn it_cannot_be_asked_for_all_the_time(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 2).await;
    let (stream, other) = (receiver.polled().await, receiver.polled().await);
    let ask = async |stream: &str| receiver.post("/verify", json!({"stream_id": stream})).await;
    // Of those that ask at once one is served.
    let asked = tokio::join!(ask(&stream), ask(&stream), ask(&stream));
    let mut asked = [asked.0, asked.1, asked.2].map(|answer| answer.status.as_u16());
    asked.sort_unstable();
    assert_eq!(asked, [204, 429, 429]);
    app.clock.advance(15);
    let refused = ask(&stream).await;
    assert_eq!(refused.header("retry-after"), "45");
    refused.error(429, "too_many_requests");
    ask(&other).await.is(204);
    app.clock.advance(45);
    ask(&stream).await.is(204);
    let answer = receiver.poll(&stream, json!({})).await;
    assert_eq!(names(&answer).len(), 2);
}

async fn what_is_stopped_is_not_verified(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    let set = async |status: &str| {
        let body = json!({"stream_id": stream, "status": status});
        receiver.post("/status", body).await.is(200);
    };
    set("disabled").await;
    let body = json!({"stream_id": stream, "state": "x"});
    let refused = receiver.post("/verify", body.clone()).await;
    refused.error(400, "invalid_request");
    let long = json!({"stream_id": stream, "state": "x".repeat(1001)});
    receiver
        .post("/verify", long)
        .await
        .error(400, "invalid_request");
    // What is paused is verified when it goes on.
    set("paused").await;
    receiver.post("/verify", body).await.is(204);
    assert!(names(&receiver.poll(&stream, json!({})).await).is_empty());
    set("enabled").await;
    assert_eq!(names(&receiver.poll(&stream, json!({})).await).len(), 1);
}
