//! A transmitter's keys: when they are fetched, and when not.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::StatusCode;
use jose::{Alg, SigningKey, Typ};
use serde_json::{Value, json};

use super::{Kept, http, jwks, key, serve, token, verifier};
use crate::ErrorCode;
use crate::receiver::{Inbox, Keys, Rejection, RemoteKeys};
use crate::tests::NOW;

const SOON: Duration = Duration::from_millis(50);

/// What a transmitter answers: a key set, nothing of use, or nothing at all.
#[derive(Clone)]
enum Answer {
    Keys(Value),
    Late(Value),
    Failure,
    Never,
}

/// The answers in order, the last one for ever after, and how often there was a request.
#[derive(Clone)]
struct Source {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    fetches: Arc<AtomicUsize>,
}

async fn answer(State(source): State<Source>) -> Response {
    source.fetches.fetch_add(1, Ordering::SeqCst);
    let answer = {
        let mut answers = source.answers.lock().unwrap();
        match answers.len() {
            1 => answers[0].clone(),
            _ => answers.pop_front().unwrap(),
        }
    };
    match answer {
        Answer::Keys(keys) => axum::Json(keys).into_response(),
        Answer::Late(keys) => {
            tokio::time::sleep(SOON * 2).await;
            axum::Json(keys).into_response()
        }
        Answer::Failure => StatusCode::NOT_FOUND.into_response(),
        Answer::Never => std::future::pending().await,
    }
}

async fn keys(answers: impl IntoIterator<Item = Answer>) -> (RemoteKeys, Arc<AtomicUsize>) {
    let fetches = Arc::new(AtomicUsize::new(0));
    let source = Source {
        answers: Arc::new(Mutex::new(answers.into_iter().collect())),
        fetches: fetches.clone(),
    };
    let jwks_uri = serve(Router::new().route("/", get(answer)).with_state(source)).await;
    (RemoteKeys::new(http(), jwks_uri), fetches)
}

fn inbox(keys: &RemoteKeys) -> Inbox<RemoteKeys, Kept> {
    Inbox::new(verifier(), keys.clone(), Kept::default()).with_clock(|| NOW)
}

/// A token of a key that the transmitter does not have.
fn foreign() -> String {
    let stranger = SigningKey::generate(Alg::Es256).unwrap();
    stranger.sign(Typ::SECEVENT_JWT, &json!({})).unwrap()
}

fn code(outcome: Result<(), Rejection>) -> ErrorCode {
    match outcome {
        Err(Rejection::Refused(error)) => error.err,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn keys_are_fetched_when_needed_and_not_for_every_unknown_one() {
    let (keys, fetches) = keys([Answer::Keys(jwks())]).await;
    let inbox = inbox(&keys);
    assert_eq!(fetches.load(Ordering::SeqCst), 0);
    inbox.receive(&token("1")).await.unwrap();
    for _ in 0..3 {
        let outcome = inbox.receive(&foreign()).await;
        assert_eq!(code(outcome), ErrorCode::InvalidKey);
    }
    inbox.receive(&token("2")).await.unwrap();
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn without_its_keys_a_token_is_to_come_again() {
    let (keys, _) = keys([Answer::Failure]).await;
    assert!(keys.refreshed().await.is_none());
    let outcome = inbox(&keys).receive(&token("1")).await;
    assert_eq!(outcome, Err(Rejection::Unavailable));
}

#[tokio::test]
async fn a_new_key_may_have_the_name_of_the_old() {
    let old = SigningKey::generate(Alg::Es256).unwrap();
    let mut old = serde_json::to_value(old.public()).unwrap();
    old["kid"] = key().kid().into();
    let answers = [Answer::Keys(json!({ "keys": [old] })), Answer::Keys(jwks())];
    let (keys, fetches) = keys(answers).await;
    let keys = keys.min_interval(Duration::ZERO);
    keys.refreshed().await.unwrap();
    inbox(&keys).receive(&token("1")).await.unwrap();
    assert_eq!(fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_key_that_was_withdrawn_is_not_good_for_ever() {
    let answers = [Answer::Keys(jwks()), Answer::Keys(json!({ "keys": [] }))];
    let (keys, _) = keys(answers).await;
    let inbox = inbox(&keys.min_interval(Duration::ZERO).max_age(SOON));
    inbox.receive(&token("1")).await.unwrap();
    tokio::time::sleep(SOON * 2).await;
    let outcome = inbox.receive(&token("2")).await;
    assert_eq!(code(outcome), ErrorCode::InvalidKey);
}

#[tokio::test]
async fn old_keys_are_better_than_none() {
    let (keys, _) = keys([Answer::Keys(jwks()), Answer::Failure]).await;
    let inbox = inbox(&keys.min_interval(Duration::ZERO).max_age(SOON));
    inbox.receive(&token("1")).await.unwrap();
    tokio::time::sleep(SOON * 2).await;
    inbox.receive(&token("2")).await.unwrap();
}

#[tokio::test]
async fn a_token_whose_key_is_here_does_not_wait_for_others() {
    let (keys, fetches) = keys([Answer::Keys(jwks()), Answer::Never]).await;
    let inbox = Arc::new(inbox(&keys.min_interval(Duration::ZERO)));
    inbox.receive(&token("1")).await.unwrap();
    let waiting = inbox.clone();
    let waiting = tokio::spawn(async move { waiting.receive(&foreign()).await });
    while fetches.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    let outcome = tokio::time::timeout(Duration::from_secs(5), inbox.receive(&token("2"))).await;
    outcome.expect("it waits").unwrap();
    waiting.abort();
}

#[tokio::test]
async fn a_fetch_counts_though_the_one_who_asked_for_it_is_gone() {
    let (keys, fetches) = keys([Answer::Late(jwks())]).await;
    let gone = tokio::time::timeout(SOON, keys.refreshed()).await;
    assert!(gone.is_err());
    inbox(&keys).receive(&token("1")).await.unwrap();
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
}
