//! What a receiver answers to a push, and what becomes of the token then (RFC 8935 §2.2 to §2.4).

use chancery::command::streams::target;
use chancery::delivery::letters::{self, State};
use chancery::delivery::queue;
use chancery::keys::ring::{self, Rotate};
use domain::stream::{StreamSettings, StreamStatus};
use domain::value::{SigningAlg, StreamId};
use serde_json::json;

use super::receiver::Receiver;
use crate::support::client::unverified;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    an_answer_decides_what_becomes_of_a_token,
    a_wrong_state_is_an_error_that_an_operator_sees,
    a_redirect_is_not_followed,
    what_was_held_while_keys_changed_is_signed_by_one_that_is_published,
    a_client_that_is_disabled_is_sent_nothing_until_it_is_enabled,
];

/// The names of the tokens that were pushed, in order.
fn pushed(receiver: &Receiver) -> Vec<String> {
    let claims = receiver.pushes().into_iter();
    let claims = claims.map(|push| unverified(&push.token));
    claims
        .map(|claims| claims["jti"].as_str().unwrap().to_owned())
        .collect()
}

/// Where the first token that was pushed is now, and what the receiver said.
async fn first(app: &TestApp, receiver: &Receiver, stream: StreamId) -> (State, String) {
    let name = pushed(receiver).remove(0);
    let letter = letters::get(&app.log, &target(stream), &name).await;
    let (state, letter) = letter.unwrap().unwrap();
    (state, letter.answer.unwrap())
}

async fn an_answer_decides_what_becomes_of_a_token(app: TestApp) {
    let alice = app.user_named("alice").await;
    let err = |code: &str| json!({"err": code, "description": "so it is"}).to_string();
    let much = "x".repeat(10_000_000);
    for (status, body, state, goes_on) in [
        (202, String::new(), State::Sent, true),
        (200, "OK".to_owned(), State::Sent, true),
        (204, String::new(), State::Sent, true),
        (400, err("invalid_request"), State::Dead, true),
        (400, err("invalid_issuer"), State::Dead, true),
        (400, err("something_of_its_own"), State::Dead, true),
        // It may not have fetched the new key yet.
        (400, err("invalid_key"), State::Failed, true),
        (400, err("authentication_failed"), State::Failed, true),
        // Not the protocol's own form, whatever its type.
        (
            400,
            "<html>Bad Request</html>".to_owned(),
            State::Failed,
            true,
        ),
        (400, "\u{0}".to_owned(), State::Failed, true),
        (400, much.clone(), State::Failed, true),
        (413, String::new(), State::Dead, true),
        (415, String::new(), State::Dead, true),
        (303, String::new(), State::Failed, true),
        // It is the receiver that fails, and not at this token.
        (401, err("authentication_failed"), State::New, false),
        (404, String::new(), State::New, false),
        (429, String::new(), State::New, false),
        (500, much.clone(), State::New, false),
        (410, String::new(), State::New, false),
    ] {
        let receiver = Receiver::start().await;
        let stream = app.push_stream(&receiver, |_| ()).await;
        receiver.says(status, body.clone());
        app.session(alice).await;
        app.session(alice).await;
        app.deliver().await;
        let case = format!("{status} {}", &body[..body.len().min(60)]);
        let (found, answer) = first(&app, &receiver, stream).await;
        assert_eq!(found, state, "{case}");
        assert!(answer.starts_with(&format!("status {status}")), "{case}");
        assert!(answer.chars().count() <= 300, "{case}");
        let count = if goes_on { 2 } else { 1 };
        assert_eq!(pushed(&receiver).len(), count, "{case}");
        app.delete_stream(stream).await;
    }
}

async fn a_wrong_state_is_an_error_that_an_operator_sees(app: TestApp) {
    let receiver = Receiver::start().await;
    let stream = app.push_stream(&receiver, |_| ()).await;
    app.session(app.user_named("alice").await).await;
    let wrong = json!({"err": "invalid_state", "description": "not the state I gave"});
    receiver.says(400, wrong.to_string());
    app.session(app.user_named("alice").await).await;
    app.deliver().await;
    app.clock.advance(86_400);
    app.deliver().await;
    let names = pushed(&receiver);
    assert_eq!(names.len(), 2, "it would not be another the next time");
    assert_ne!(names[0], names[1]);
    let (state, answer) = first(&app, &receiver, stream).await;
    assert_eq!(state, State::Dead);
    assert!(answer.contains("invalid_state"), "{answer}");
    let status = queue::status(&app.log, &target(stream)).await;
    let status = status.unwrap().unwrap();
    assert_eq!((status.pending, status.dead, status.failures), (0, 1, 0));
}

async fn a_redirect_is_not_followed(app: TestApp) {
    let (receiver, other) = (Receiver::start().await, Receiver::start().await);
    let stream = app.push_stream(&receiver, |_| ()).await;
    receiver.redirects(307, &other.url);
    app.session(app.user_named("alice").await).await;
    app.deliver().await;
    assert!(other.pushes().is_empty());
    assert_eq!(first(&app, &receiver, stream).await.0, State::Failed);
    // 5 s, and up to a fifth more.
    app.clock.advance(6);
    app.deliver().await;
    assert_eq!(first(&app, &receiver, stream).await.0, State::Sent);
}

async fn what_was_held_while_keys_changed_is_signed_by_one_that_is_published(app: TestApp) {
    let receiver = Receiver::start().await;
    let stream = app.push_stream(&receiver, |_| ()).await;
    let alice = app.user_named("alice").await;
    // One was tried and so signed before the pause, one was not.
    receiver.says(503, String::new());
    app.session(alice).await;
    app.session(alice).await;
    app.deliver().await;
    app.set_status(stream, StreamStatus::Paused).await;
    let alg = SigningAlg::Rs256;
    let (kid, material) = ring::generate(alg, &app.master_key, app.rng.as_ref()).unwrap();
    app.run(&Rotate { alg, kid, material }).await;
    let keys = &app.config.keys;
    for seconds in [keys.publish, keys.keep, keys.publish, keys.keep] {
        app.pass(seconds.seconds() + 1).await;
    }
    app.set_status(stream, StreamStatus::Enabled).await;
    app.deliver().await;
    let (before, after) = receiver.pushes().split_first().map_or_else(
        || panic!("nothing was pushed"),
        |(first, rest)| (first.token.clone(), rest.to_vec()),
    );
    let held: Vec<_> = after
        .iter()
        .filter(|push| unverified(&push.token)["sub_id"]["format"] == "iss_sub")
        .collect();
    assert_eq!(held.len(), 2);
    assert_eq!(unverified(&held[0].token), unverified(&before));
    assert_ne!(held[0].token, before);
    let published = app.get("/jwks").await.is(200);
    let keys = shared_signals::KeyRing::parse(published.body.as_bytes()).unwrap();
    let verifier = shared_signals::Verifier::new(crate::support::app::ISSUER, "machine");
    for push in held {
        let now = app.now().seconds();
        verifier.verify(&keys, &push.token, now).unwrap();
    }
    assert!(
        verifier
            .verify(&keys, &before, app.now().seconds())
            .is_err()
    );
}

async fn a_client_that_is_disabled_is_sent_nothing_until_it_is_enabled(app: TestApp) {
    let receiver = Receiver::start().await;
    app.push_stream(&receiver, |_: &mut StreamSettings| ())
        .await;
    app.session(app.user_named("alice").await).await;
    app.digest(&chancery::ssf::consumer::Signals).await;
    app.set_client("machine", |settings| settings.enabled = false)
        .await;
    app.deliver().await;
    assert!(receiver.pushes().is_empty());
    app.set_client("machine", |settings| settings.enabled = true)
        .await;
    app.deliver().await;
    assert_eq!(receiver.pushes().len(), 1);
}
