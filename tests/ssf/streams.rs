//! SSF 1.0 §8.1.1: streams are made, read, changed and deleted by their receiver, and nobody else.

use serde_json::{Value, json};
use shared_signals::Mode;
use shared_signals::stream::StreamConfiguration;

use super::{CREDENTIAL_CHANGE, Receiver, SESSION_REVOKED, id, url};
use crate::support::app::ISSUER;
use crate::support::{TestApp, on_both_databases};

on_both_databases![
    a_stream_is_made_and_read_back,
    without_delivery_it_is_polled,
    what_drafts_had_is_understood,
    another_receivers_stream_is_not_there,
    there_are_as_many_as_the_operator_says,
    a_patch_changes_what_it_names,
    what_is_ours_cannot_be_changed,
    a_put_deletes_what_it_leaves_out,
    a_delete_without_a_name_deletes_nothing,
    a_header_is_never_seen_again,
    a_header_goes_to_no_other_origin,
    an_endpoint_must_be_one_that_is_sent_to,
    a_description_is_cut,
];

const PUSH: &str = "urn:ietf:rfc:8935";

/// A push delivery with a header.
fn push(endpoint_url: &str) -> Value {
    json!({"method": PUSH, "endpoint_url": endpoint_url, "authorization_header": "Bearer s3cret"})
}

async fn a_stream_is_made_and_read_back(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let empty = receiver.get("/streams").await.is(200);
    assert_eq!(empty.json(), json!([]));
    let made = receiver.post(
        "/streams",
        json!({
            "events_requested": [SESSION_REVOKED, "https://example.com/unknown"],
            "delivery": {"method": PUSH, "endpoint_url": "https://rx.example/events"},
            "description": "For the SIEM",
        }),
    );
    let made = made.await.is(201);
    let read = StreamConfiguration::read(made.body.as_bytes(), Mode::Strict);
    assert_eq!(read.unwrap().value.stream_id, id(&made.json()));
    let made = made.json();
    let expected = json!({
        "stream_id": made["stream_id"],
        "iss": ISSUER,
        "aud": "rx",
        "events_supported": made["events_supported"],
        // What is unknown is no error, and never sent.
        "events_requested": [SESSION_REVOKED, "https://example.com/unknown"],
        "events_delivered": [SESSION_REVOKED],
        "delivery": {"method": PUSH, "endpoint_url": "https://rx.example/events"},
        "min_verification_interval": 60,
        "description": "For the SIEM",
    });
    assert_eq!(made, expected);
    let supported = made["events_supported"].as_array().unwrap();
    assert!(supported.contains(&CREDENTIAL_CHANGE.into()));
    assert_eq!(receiver.read(&id(&made)).await, made);
    assert_eq!(receiver.get("/streams").await.json(), json!([made]));
    app.is_what_the_log_says().await;
}

async fn without_delivery_it_is_polled(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 2).await;
    let first = receiver.stream(json!({})).await;
    let second = receiver
        .stream(json!({"delivery": {"method": "urn:ietf:rfc:8936"}}))
        .await;
    for made in [&first, &second] {
        let endpoint = url(&format!("/streams/{}/poll", id(made)));
        let delivery = json!({"method": "urn:ietf:rfc:8936", "endpoint_url": endpoint});
        assert_eq!(made["delivery"], delivery);
        assert_eq!(made["events_delivered"], json!([]));
        let answer = receiver
            .post(&endpoint, json!({"returnImmediately": true}))
            .await;
        assert_eq!(answer.is(200).json(), json!({"sets": {}}));
    }
}

async fn what_drafts_had_is_understood(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 2).await;
    let method = "https://schemas.openid.net/secevent/risc/delivery-method/push";
    let made = receiver.stream(json!({
        "iss": "https://somebody.example",
        "aud": "https://somebody.example",
        "format": "iss_sub",
        "events_requested": [SESSION_REVOKED],
        "delivery": {"method": method, "endpoint_url": "https://rx.example/"},
    }));
    let made = made.await;
    assert_eq!(made["iss"], ISSUER);
    assert_eq!(made["aud"], "rx");
    assert!(made["format"].is_null());
    assert_eq!(made["delivery"]["method"], PUSH);
    for delivery in [
        json!({"method": "urn:example:pigeon", "endpoint_url": "https://rx.example/"}),
        json!({"method": method}),
        json!({"method": PUSH}),
        json!({"endpoint_url": "https://rx.example/"}),
        json!("push"),
    ] {
        let refused = receiver.post("/streams", json!({"delivery": delivery}));
        refused.await.error(400, "invalid_request");
    }
}

async fn another_receivers_stream_is_not_there(app: TestApp) {
    let owner = Receiver::new(&app, "rx", 1).await;
    let other = Receiver::new(&app, "other", 1).await;
    let stream = owner.polled().await;
    let absent = "01980c4e-7c1a-7000-8000-000000000001";
    let mut answers = Vec::new();
    for stream in [stream.as_str(), absent, "no id", ""] {
        let encoded = stream.replace(' ', "%20");
        let query = format!("?stream_id={encoded}");
        let subject = json!({"format": "email", "email": "alice@people.example"});
        answers.push([
            other.get(&format!("/streams{query}")).await,
            other.get(&format!("/status{query}")).await,
            other.delete(&query).await,
            other.patch(json!({"stream_id": stream})).await,
            other.put(json!({"stream_id": stream})).await,
            other
                .post(
                    "/status",
                    json!({"stream_id": stream, "status": "disabled"}),
                )
                .await,
            other.post("/verify", json!({"stream_id": stream})).await,
            other
                .post(
                    "/subjects/add",
                    json!({"stream_id": stream, "subject": subject}),
                )
                .await,
            other
                .post(
                    "/subjects/remove",
                    json!({"stream_id": stream, "subject": subject}),
                )
                .await,
            other
                .post(&format!("/streams/{encoded}/poll"), json!({}))
                .await,
        ]);
    }
    // They answer alike: that a stream is somebody else's does not show.
    for answers in answers {
        for answer in answers {
            assert_eq!(answer.error(404, "not_found"), "there is no such stream");
        }
    }
    assert_eq!(other.get("/streams").await.json(), json!([]));
    assert_eq!(owner.read(&stream).await["stream_id"], stream);
}

async fn there_are_as_many_as_the_operator_says(app: TestApp) {
    let none = Receiver::new(&app, "none", 0).await;
    none.post("/streams", json!({}))
        .await
        .error(403, "access_denied");
    let one = Receiver::new(&app, "one", 1).await;
    let stream = one.polled().await;
    one.post("/streams", json!({})).await.error(409, "conflict");
    one.delete(&format!("?stream_id={stream}")).await.is(204);
    assert_ne!(one.polled().await, stream);
    // Several that ask at once have no more.
    let two = Receiver::new(&app, "two", 2).await;
    let made = tokio::join!(
        two.post("/streams", json!({})),
        two.post("/streams", json!({})),
        two.post("/streams", json!({})),
    );
    let mut made = [made.0, made.1, made.2].map(|answer| answer.status.as_u16());
    made.sort_unstable();
    assert_eq!(made, [201, 201, 409]);
}

async fn a_patch_changes_what_it_names(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let made = receiver.stream(json!({
        "events_requested": [SESSION_REVOKED],
        "delivery": push("https://rx.example/a"),
        "description": "one",
    }));
    let made = made.await;
    // As it was read, with one change: no answer shows the header, so it stays.
    let mut wanted = made.clone();
    wanted["delivery"]["endpoint_url"] = "https://rx.example/b".into();
    let patched = receiver.patch(wanted.clone()).await.is(200).json();
    assert_eq!(patched, wanted);
    assert_eq!(header(&app, &id(&made)).as_deref(), Some("Bearer s3cret"));
    // Named by its id alone it stays as it is.
    let same = receiver.patch(json!({"stream_id": id(&made)})).await;
    assert_eq!(same.is(200).json(), wanted);
    let patch = json!({"stream_id": id(&made), "events_requested": [CREDENTIAL_CHANGE]});
    let patched = receiver.patch(patch).await.is(200).json();
    assert_eq!(patched["events_delivered"], json!([CREDENTIAL_CHANGE]));
    assert_eq!(patched["description"], "one");
    // To poll, where the endpoint is ours and there is no header.
    let delivery = json!({"method": "urn:ietf:rfc:8936"});
    let patch = json!({"stream_id": id(&made), "delivery": delivery});
    let patched = receiver.patch(patch).await.is(200).json();
    let endpoint = url(&format!("/streams/{}/poll", id(&made)));
    assert_eq!(patched["delivery"]["endpoint_url"], endpoint);
    assert_eq!(header(&app, &id(&made)), None);
    app.is_what_the_log_says().await;
}

async fn what_is_ours_cannot_be_changed(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let made = receiver
        .stream(json!({"events_requested": [SESSION_REVOKED]}))
        .await;
    for (member, value) in [
        ("iss", json!("https://other.example")),
        ("aud", json!("other")),
        ("events_supported", json!([SESSION_REVOKED])),
        ("events_delivered", json!([CREDENTIAL_CHANGE])),
        ("min_verification_interval", json!(1)),
        ("inactivity_timeout", json!(1)),
        (
            "delivery",
            json!({"method": "urn:ietf:rfc:8936", "endpoint_url": "https://rx.example/poll"}),
        ),
    ] {
        let mut wanted = made.clone();
        wanted["description"] = "new".into();
        wanted[member] = value;
        for answer in [
            receiver.patch(wanted.clone()).await,
            receiver.put(wanted).await,
        ] {
            let description = answer.error(400, "invalid_request");
            assert!(description.contains(member), "{description}");
        }
    }
    // What is delivered is compared with what was delivered before the change.
    let mut wanted = made.clone();
    wanted["events_requested"] = json!([CREDENTIAL_CHANGE]);
    let patched = receiver.patch(wanted).await.is(200).json();
    assert_eq!(patched["events_delivered"], json!([CREDENTIAL_CHANGE]));
    assert_eq!(patched["description"], made["description"]);
}

async fn a_put_deletes_what_it_leaves_out(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let made = receiver.stream(json!({
        "events_requested": [SESSION_REVOKED],
        "delivery": push("https://rx.example/"),
        "description": "one",
    }));
    let made = made.await;
    let delivery = json!({"method": PUSH, "endpoint_url": "https://rx.example/"});
    let put = json!({"stream_id": id(&made), "delivery": delivery});
    let put = receiver.put(put).await.is(200).json();
    assert!(put["description"].is_null() && put["events_requested"].is_null());
    assert_eq!(put["events_delivered"], json!([]));
    assert_eq!(put["delivery"], delivery);
    assert_eq!(header(&app, &id(&made)), None);
    // Without delivery it becomes what a new one would be.
    let put = receiver.put(json!({"stream_id": id(&made)})).await;
    assert_eq!(
        put.is(200).json()["delivery"]["method"],
        "urn:ietf:rfc:8936"
    );
    app.is_what_the_log_says().await;
}

async fn a_delete_without_a_name_deletes_nothing(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 2).await;
    let (first, second) = (receiver.polled().await, receiver.polled().await);
    receiver.delete("").await.error(400, "invalid_request");
    let twice = format!("?stream_id={first}&stream_id={second}");
    receiver.delete(&twice).await.error(400, "invalid_request");
    assert_eq!(
        receiver
            .get("/streams")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let query = format!("?stream_id={first}");
    let deleted = receiver.delete(&query).await.is(204);
    assert_eq!(deleted.body, "");
    receiver.delete(&query).await.error(404, "not_found");
    let rest = receiver.get("/streams").await.json();
    assert_eq!(rest.as_array().unwrap().len(), 1);
    assert_eq!(id(&rest[0]), second);
    app.is_what_the_log_says().await;
}

async fn a_header_is_never_seen_again(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let seen = async |answer: Value| assert!(!answer.to_string().contains("s3cret"), "{answer}");
    let delivery = push("https://rx.example/");
    let made = receiver.stream(json!({"delivery": delivery})).await;
    let stream = id(&made);
    seen(made).await;
    seen(receiver.read(&stream).await).await;
    seen(receiver.get("/streams").await.json()).await;
    let patch = json!({"stream_id": stream, "delivery": delivery});
    seen(receiver.patch(patch.clone()).await.json()).await;
    seen(receiver.put(patch).await.json()).await;
    assert_eq!(header(&app, &stream).as_deref(), Some("Bearer s3cret"));
    // It is sealed in the database, and nowhere in the log.
    let sealed = chancery::read::streams::authorizations(&app.log)
        .await
        .unwrap();
    assert!(!String::from_utf8_lossy(&sealed[0].1).contains("s3cret"));
    for event in app.log.after(0, 10_000).await.unwrap().events {
        assert!(!String::from_utf8_lossy(&event.data).contains("s3cret"));
    }
    for header in ["", " x", "a\r\nb: c"] {
        let mut delivery = delivery.clone();
        delivery["authorization_header"] = header.into();
        let patch = json!({"stream_id": stream, "delivery": delivery});
        receiver.patch(patch).await.error(400, "invalid_request");
    }
}

async fn a_header_goes_to_no_other_origin(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let made = receiver
        .stream(json!({"delivery": push("https://rx.example/a")}))
        .await;
    let moved = |endpoint: &str| {
        let delivery = json!({"method": PUSH, "endpoint_url": endpoint});
        json!({"stream_id": id(&made), "delivery": delivery})
    };
    for elsewhere in ["https://evil.example/a", "https://rx.example:8443/a"] {
        let refused = receiver.patch(moved(elsewhere)).await;
        let description = refused.error(400, "invalid_request");
        assert!(description.contains("another origin"), "{description}");
    }
    let same_origin = moved("https://RX.example:443/b");
    receiver.patch(same_origin).await.is(200);
    // Who knows the header may move it.
    let patch = json!({"stream_id": id(&made), "delivery": push("https://new.example/")});
    receiver.patch(patch).await.is(200);
    // A replacement has no header that it does not bring.
    receiver.put(moved("https://evil.example/")).await.is(200);
    assert_eq!(header(&app, &id(&made)), None);
}

async fn an_endpoint_must_be_one_that_is_sent_to(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let made = receiver
        .stream(json!({"delivery": push("https://rx.example/")}))
        .await;
    for endpoint in [
        "https://10.0.0.1/",
        "https://192.168.0.1/",
        "https://[::1]/",
        "https://0xa.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://user:password@rx.example/",
        "https://rx.example/#fragment",
        "ftp://rx.example/",
        "rx.example",
        "",
    ] {
        let body = json!({"stream_id": id(&made), "delivery": push(endpoint)});
        for answer in [
            receiver.post("/streams", body.clone()).await,
            receiver.patch(body.clone()).await,
            receiver.put(body.clone()).await,
        ] {
            answer.error(400, "invalid_request");
        }
    }
    assert_eq!(receiver.read(&id(&made)).await, made);
}

async fn a_description_is_cut(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let made = receiver
        .stream(json!({"description": "é".repeat(1000)}))
        .await;
    assert_eq!(made["description"], "é".repeat(250));
    let patch = json!({"stream_id": id(&made), "description": "x".repeat(501)});
    let patched = receiver.patch(patch).await.is(200).json();
    assert_eq!(patched["description"], "x".repeat(500));
}

/// The header that goes with each push.
fn header(app: &TestApp, stream: &str) -> Option<String> {
    let snapshot = app.snapshot.latest();
    let entry = &snapshot.streams[&stream.parse().unwrap()];
    assert_eq!(
        entry.stream.has_authorization,
        entry.authorization.is_some()
    );
    entry.authorization.as_deref().map(ToString::to_string)
}
