//! SSF 1.0 §8.1.3: a receiver says whom it wants to hear of, and learns nothing from the answer.

use domain::value::StreamId;
use serde_json::{Value, json};

use super::Receiver;
use crate::support::app::ISSUER;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    answers_do_not_tell_who_exists,
    a_person_is_named_in_several_ways,
    what_is_no_subject_is_refused,
    a_stream_has_only_so_many_requests,
];

/// What the stream was told last about somebody.
async fn told(app: &TestApp, stream: &str, user: &str) -> Option<bool> {
    let stream = StreamId::parse(stream).unwrap();
    let user = app.user_named(user).await;
    let told = chancery::read::streams::told(&app.log, stream, user);
    told.await.unwrap().map(|(included, _)| included)
}

fn email(address: &str) -> Value {
    json!({"format": "email", "email": address})
}

async fn answers_do_not_tell_who_exists(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    let mut answers = Vec::new();
    for address in ["alice@people.example", "nobody@people.example"] {
        let body = json!({"stream_id": stream, "subject": email(address), "verified": true});
        for _ in 0..2 {
            let added = receiver.post("/subjects/add", body.clone()).await.is(200);
            let removed = receiver.post("/subjects/remove", body.clone()).await;
            answers.push([added, removed.is(204)].map(|answer| {
                assert_eq!(answer.body, "");
                let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
                names.sort();
                names
            }));
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(told(&app, &stream, "alice").await, Some(false));
    app.is_what_the_log_says().await;
}

async fn a_person_is_named_in_several_ways(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    let sub = |user: &str| json!({"format": "iss_sub", "iss": ISSUER, "sub": user});
    let alice = app.user_named("alice").await.to_string();
    let bob = app.user_named("bob").await.to_string();
    let without = json!({"stream_id": stream, "subject": sub(&alice)});
    receiver
        .post("/subjects/remove", without.clone())
        .await
        .is(204);
    for (subject, is_alice) in [
        (sub(&alice), true),
        (email("alice@people.example"), true),
        (email("Alice@People.EXAMPLE"), true),
        (json!({"format": "complex", "user": sub(&alice)}), true),
        (
            json!({"format": "aliases", "identifiers": [email("unknown@people.example"), sub(&alice)]}),
            true,
        ),
        // Nobody has so many names.
        (
            json!({"format": "aliases", "identifiers": vec![sub(&alice); 11]}),
            false,
        ),
        // Two people are not one.
        (
            json!({"format": "aliases", "identifiers": [sub(&alice), sub(&bob)]}),
            false,
        ),
        (
            json!({"format": "iss_sub", "iss": "https://other.example", "sub": alice}),
            false,
        ),
        (sub(&bob), false),
        (sub("alice"), false),
        (json!({"format": "opaque", "id": alice}), false),
        (
            json!({"format": "complex", "tenant": {"format": "opaque", "id": "t"}}),
            false,
        ),
    ] {
        let body = json!({"stream_id": stream, "subject": subject});
        receiver.post("/subjects/add", body).await.is(200);
        assert_eq!(
            told(&app, &stream, "alice").await,
            Some(is_alice),
            "{subject}"
        );
        receiver
            .post("/subjects/remove", without.clone())
            .await
            .is(204);
    }
}

async fn what_is_no_subject_is_refused(app: TestApp) {
    let receiver = Receiver::new(&app, "rx", 1).await;
    let stream = receiver.polled().await;
    for subject in [
        json!(null),
        json!({}),
        json!({"email": "alice@people.example"}),
        json!({"format": "email"}),
        json!({"format": "email", "email": "alice@people.example", "sub": "x"}),
        json!({"format": "aliases", "identifiers": []}),
        json!({"format": "complex"}),
    ] {
        for path in ["/subjects/add", "/subjects/remove"] {
            let body = json!({"stream_id": stream, "subject": subject});
            let refused = receiver.post(path, body).await;
            refused.error(400, "invalid_request");
        }
    }
}

async fn a_stream_has_only_so_many_requests(app: TestApp) {
    use chancery::throttle;
    use domain::policy::throttle::{Key, SUBJECTS};
    let receiver = Receiver::new(&app, "rx", 2).await;
    let (one, other) = (receiver.polled().await, receiver.polled().await);
    let spent = Key::Subjects(StreamId::parse(&one).unwrap());
    for _ in 0..SUBJECTS.burst {
        throttle::spend(&app, &[(spent.clone(), SUBJECTS)])
            .await
            .unwrap();
    }
    let body = |stream: &str| json!({"stream_id": stream, "subject": email("x@people.example")});
    for path in ["/subjects/add", "/subjects/remove"] {
        let refused = receiver.post(path, body(&one)).await;
        assert_eq!(refused.header("retry-after"), "1");
        refused.error(429, "too_many_requests");
    }
    receiver.post("/subjects/add", body(&other)).await.is(200);
    app.clock.advance(1);
    receiver.post("/subjects/add", body(&one)).await.is(200);
}
