//! Streams in an operator's hands: made, changed, stopped, and what was given up in them.

use serde_json::{Value, json};

use super::{Operator, all_scopes};
use crate::signals::receiver::Receiver;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    a_stream_is_made_changed_and_deleted,
    an_endpoint_must_be_one_that_is_sent_to,
    a_header_goes_to_no_other_origin,
    what_an_operator_stops_its_receiver_is_told_of,
    a_verification_goes_out_as_often_as_it_is_asked_for,
    a_stream_hears_of_whom_an_operator_says,
    dead_letters_are_read_sent_again_and_dropped,
    all_dead_letters_are_settled_at_once,
];

/// Makes a stream of everything, pushed to a receiver; its path.
async fn pushed(root: &Operator<'_>, receiver: &Receiver) -> String {
    let events: Vec<_> = chancery::ssf::table::supported().collect();
    let new = json!({"client": "machine", "events_requested": events,
        "delivery": {"method": "push", "endpoint_url": receiver.url}});
    let made = root.post("/streams", new).await.is(201).json();
    format!("/streams/{}", made["id"].as_str().unwrap())
}

fn at(json: &Value, pointer: &str) -> Value {
    json.pointer(pointer).cloned().unwrap()
}

async fn a_stream_is_made_changed_and_deleted(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let new = json!({"client": "machine", "name": "audit", "authorization_header": "Bearer theirs",
        "delivery": {"method": "push", "endpoint_url": "https://receiver.example/events"}});
    let answer = root.post("/streams", new.clone()).await.is(201);
    assert!(!answer.body.contains("theirs"), "{}", answer.body);
    let made = answer.json();
    assert_eq!(made["has_authorization"], true);
    assert_eq!(
        (&made["status"], &made["format"]),
        (&json!("enabled"), &json!("iss_sub"))
    );
    assert_eq!(made["seen"], "2026-11-22T09:00:00.000Z");
    assert_eq!(made["queue"]["pending"], 0);
    root.post("/streams", new.clone())
        .await
        .problem(409, "taken");
    let unknown = json!({"client": "nobody", "delivery": {"method": "poll"}});
    root.post("/streams", unknown)
        .await
        .problem(404, "not-found");

    let path = format!("/streams/{}", made["id"].as_str().unwrap());
    let uri = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
    let patch = json!({"signing_alg": "ES256", "events_requested": [uri, "urn:unknown"]});
    let changed = root.patch(&path, patch).await.is(200).json();
    assert_eq!(changed["signing_alg"], "ES256");
    assert_eq!(changed["events_delivered"], json!([uri]));
    assert_eq!(changed["name"], "audit");
    assert_eq!(root.get(&path).await.is(200).json(), changed);
    for wrong in [
        json!({"signing_alg": "EdDSA"}),
        json!({"client": "web"}),
        json!({"delivery": {"endpoint_url": "ftp://receiver.example/"}}),
        json!({"authorization_header": ""}),
    ] {
        root.patch(&path, wrong).await.problem(422, "invalid-value");
    }

    let other = json!({"client": "web", "delivery": {"method": "poll"}});
    root.post("/streams", other).await.is(201);
    let all = root.get("/streams").await.is(200).json();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    let first = root.get("/streams?limit=1").await.is(200).json();
    let next = first["next"].as_str().unwrap();
    let second = root.get(&format!("/streams?limit=1&after={next}")).await;
    let pages = [
        at(&first, "/items/0"),
        at(&second.is(200).json(), "/items/0"),
    ];
    assert_eq!(all["items"], json!(pages));
    let of_machine = root.get("/streams?client=machine").await.is(200).json();
    assert_eq!(of_machine["items"], json!([changed]));

    root.delete(&path).await.is(204);
    root.get(&path).await.problem(404, "not-found");
    root.delete(&path).await.problem(404, "not-found");
    root.post("/streams", new).await.is(201);
    app.is_what_the_log_says().await;
}

async fn an_endpoint_must_be_one_that_is_sent_to(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    for (delivery, words) in [
        (
            json!({"method": "push", "endpoint_url": "https://10.0.0.7/"}),
            "endpoint_url",
        ),
        (
            json!({"method": "push", "endpoint_url": "https://receiver.example/",
                "tls": {"private_ca": "no certificate"}}),
            "tls",
        ),
    ] {
        let new = json!({"client": "machine", "delivery": delivery});
        let problem = root
            .post("/streams", new)
            .await
            .problem(422, "invalid-value");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with(words), "{detail}");
    }
    let new = json!({"client": "machine", "delivery": {"method": "poll"}});
    let made = root.post("/streams", new).await.is(201).json();
    let path = format!("/streams/{}", made["id"].as_str().unwrap());
    let to = json!({"delivery": {"method": "push", "endpoint_url": "https://192.168.1.1/"}});
    root.patch(&path, to).await.problem(422, "invalid-value");
}

async fn a_header_goes_to_no_other_origin(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let new = json!({"client": "machine", "authorization_header": "Bearer theirs",
        "delivery": {"method": "push", "endpoint_url": "https://receiver.example/events"}});
    let made = root.post("/streams", new).await.is(201).json();
    let path = format!("/streams/{}", made["id"].as_str().unwrap());
    let moved = json!({"delivery": {"endpoint_url": "https://elsewhere.example/events"}});
    root.patch(&path, moved.clone())
        .await
        .problem(422, "invalid-value");
    let mut anew = moved;
    anew["authorization_header"] = "Bearer ours".into();
    let kept = root.patch(&path, anew).await.is(200).json();
    assert_eq!(kept["has_authorization"], true);
    let none = root
        .patch(&path, json!({"authorization_header": null}))
        .await;
    assert_eq!(none.is(200).json()["has_authorization"], false);
    app.is_what_the_log_says().await;
}

async fn what_an_operator_stops_its_receiver_is_told_of(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let receiver = Receiver::start().await;
    let path = pushed(&root, &receiver).await;
    let status = format!("{path}/status");
    let pause = json!({"status": "paused", "reason": "maintenance"});
    let paused = root.put(&status, pause).await.is(200).json();
    assert_eq!(
        (&paused["status"], &paused["reason"]),
        (&json!("paused"), &json!("maintenance"))
    );
    assert_eq!(paused["stopped_by_operator"], true);
    app.session(app.user_named("alice").await).await;
    app.deliver().await;
    let tokens = receiver.tokens(&app, "machine").await;
    assert_eq!(tokens.len(), 1);
    assert!(tokens[0].event.uri().ends_with("/stream-updated"));
    assert_eq!(root.get(&path).await.is(200).json()["queue"]["pending"], 1);
    root.put(&status, json!({"status": "enabled"}))
        .await
        .is(200);
    app.deliver().await;
    assert_eq!(receiver.tokens(&app, "machine").await.len(), 3);
    for wrong in [
        json!({"status": "stopped"}),
        json!({"status": "paused", "reason": "two\nlines"}),
        json!({"status": "paused", "reason": "x".repeat(501)}),
    ] {
        root.put(&status, wrong).await.problem(422, "invalid-value");
    }
}

async fn a_verification_goes_out_as_often_as_it_is_asked_for(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let receiver = Receiver::start().await;
    let path = pushed(&root, &receiver).await;
    for _ in 0..2 {
        root.post(&format!("{path}/verify"), json!({}))
            .await
            .is(204);
    }
    app.deliver().await;
    let tokens = receiver.tokens(&app, "machine").await;
    assert_eq!(tokens.len(), 2);
    for token in tokens {
        assert!(token.event.uri().ends_with("/verification"));
        assert_eq!(json!(token.event), json!({}), "nobody asked: no state");
    }
}

async fn a_stream_hears_of_whom_an_operator_says(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let receiver = Receiver::start().await;
    let path = pushed(&root, &receiver).await;
    let (alice, bob) = (app.user_named("alice").await, app.user_named("bob").await);
    for (user, included) in [(alice, false), (bob, true)] {
        let said = json!({"included": included});
        let subject = format!("{path}/subjects/{user}");
        root.put(&subject, said).await.is(204);
    }
    let mut expected = [(alice, false), (bob, true)];
    expected.sort_by_key(|(user, _)| user.to_string());
    let expected = expected.map(|(user, included)| json!({"user": user, "included": included}));
    let listed = root.get(&format!("{path}/subjects")).await.is(200).json();
    assert_eq!(listed["items"], json!(expected));
    for user in [alice, bob] {
        app.session(user).await;
    }
    app.deliver().await;
    assert_eq!(receiver.tokens(&app, "machine").await.len(), 1);
    let nobody = "01980c4e-7c1a-7000-8000-000000000001";
    root.put(
        &format!("{path}/subjects/{nobody}"),
        json!({"included": true}),
    )
    .await
    .problem(404, "not-found");
}

/// A stream with so many events that its receiver refused for good.
async fn with_dead(
    app: &TestApp,
    root: &Operator<'_>,
    receiver: &Receiver,
    count: usize,
) -> String {
    let path = pushed(root, receiver).await;
    receiver.answers(vec![413; count]);
    let alice = app.user_named("alice").await;
    for _ in 0..count {
        app.session(alice).await;
    }
    app.deliver().await;
    path
}

async fn dead_letters_are_read_sent_again_and_dropped(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let receiver = Receiver::start().await;
    let path = with_dead(&app, &root, &receiver, 2).await;
    let deliveries = format!("{path}/deliveries");
    let dead = root.get(&deliveries).await.is(200).json();
    let items = dead["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert!(
        at(&items[0], "/type")
            .as_str()
            .unwrap()
            .ends_with("/session-established")
    );
    assert_eq!(
        (&items[0]["state"], &items[0]["attempts"]),
        (&json!("dead"), &json!(1))
    );
    assert!(items[0]["answer"].as_str().unwrap().contains("413"));
    assert_eq!(at(&items[0], "/claims/jti"), items[0]["id"]);
    let first = root
        .get(&format!("{deliveries}?limit=1"))
        .await
        .is(200)
        .json();
    let next = first["next"].as_str().unwrap();
    let second = root
        .get(&format!("{deliveries}?limit=1&after={next}"))
        .await;
    assert_eq!(at(&second.is(200).json(), "/items/0"), items[1]);
    let reader = Operator::new(&app, "reader", "streams.read").await;
    let plain = reader.get(&deliveries).await.is(200).json();
    assert_eq!(
        at(&plain, "/items/0").get("claims"),
        None,
        "who may not read users"
    );

    let [one, other] =
        [0, 1].map(|index| format!("{deliveries}/{}", items[index]["id"].as_str().unwrap()));
    root.post(&format!("{one}/replay"), json!({})).await.is(204);
    assert_eq!(
        root.get(&one).await.is(200).json()["state"],
        "pending_failed"
    );
    root.post(&format!("{one}/replay"), json!({}))
        .await
        .problem(409, "wrong-state");
    app.deliver().await;
    let sent = root.get(&one).await.is(200).json();
    assert_eq!((&sent["state"], sent.get("claims")), (&json!("sent"), None));
    root.delete(&one).await.problem(409, "wrong-state");
    root.delete(&other).await.is(204);
    root.get(&other).await.problem(404, "not-found");
    let queue = at(&root.get(&path).await.is(200).json(), "/queue");
    assert_eq!((&queue["dead"], &queue["lost"]), (&json!(0), &json!(1)));
    let jtis = receiver.tokens(&app, "machine").await;
    assert_eq!(jtis.len(), 3, "two refused, one of them again");
    for wrong in ["?state=gone", "?after=AAAA"] {
        root.get(&format!("{deliveries}{wrong}"))
            .await
            .problem(400, "invalid-request");
    }
}

async fn all_dead_letters_are_settled_at_once(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let receiver = Receiver::start().await;
    let path = with_dead(&app, &root, &receiver, 120).await;
    let deliveries = format!("{path}/deliveries");
    let replay = root.post(&format!("{deliveries}/replay"), json!({})).await;
    assert_eq!(replay.is(200).json(), json!({"settled": 120}));
    receiver.answers([413; 3]);
    app.deliver().await;
    let queue = async || at(&root.get(&path).await.is(200).json(), "/queue");
    assert_eq!(queue().await["dead"], 3);
    let dropped = root.delete(&deliveries).await.is(200).json();
    assert_eq!(dropped, json!({"settled": 3}));
    let queue = queue().await;
    assert_eq!(
        (&queue["dead"], &queue["lost"], &queue["pending"]),
        (&json!(0), &json!(3), &json!(0))
    );
}
