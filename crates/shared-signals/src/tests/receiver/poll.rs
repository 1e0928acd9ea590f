//! RFC 8936 at the receiving end.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::IntoResponse as _;
use axum::routing::post;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{Kept, http, inbox, serve, token, verification};
use crate::receiver::{ClientError, Polled, Poller};

/// A transmitter that gives the answers it has, and keeps the requests.
#[derive(Clone, Default)]
struct Transmitter {
    answers: Arc<Mutex<VecDeque<(StatusCode, Value)>>>,
    requests: Arc<Mutex<Vec<Value>>>,
    languages: Arc<Mutex<Vec<Option<String>>>>,
}

impl Transmitter {
    fn answering(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        let status = |code| StatusCode::from_u16(code).unwrap();
        let answers = answers.into_iter().map(|(code, body)| (status(code), body));
        Self {
            answers: Arc::new(Mutex::new(answers.collect())),
            ..Self::default()
        }
    }

    async fn serve(&self) -> String {
        serve(
            Router::new()
                .route("/", post(poll))
                .with_state(self.clone()),
        )
        .await
    }

    fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap().clone()
    }
}

async fn poll(
    State(transmitter): State<Transmitter>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> axum::response::Response {
    assert_eq!(headers["authorization"], "Bearer access");
    let language = headers.get("content-language");
    let language = language.map(|value| value.to_str().unwrap().to_owned());
    transmitter.languages.lock().unwrap().push(language);
    transmitter.requests.lock().unwrap().push(request);
    let answer = transmitter.answers.lock().unwrap().pop_front();
    let (status, body) = answer.unwrap_or((StatusCode::OK, json!({ "sets": {} })));
    (status, [("retry-after", "7")], Json(body)).into_response()
}

#[tokio::test]
async fn a_poll_acknowledges_what_the_last_one_brought() {
    let kept = Kept::default();
    let transmitter = Transmitter::answering([(
        200,
        json!({
            "sets": { "1": token("1"), "bad": "bad", "state": verification("wrong") },
            "moreAvailable": true,
        }),
    )]);
    let endpoint = transmitter.serve().await;
    let mut poller =
        Poller::new(http(), endpoint, "access".to_owned(), inbox(&kept)).max_events(10);
    let outcome = poller.poll().await.unwrap();
    assert_eq!(
        outcome,
        Polled {
            taken: 1,
            refused: 2,
            postponed: 0,
            more_available: true
        }
    );
    assert_eq!(poller.poll().await.unwrap(), Polled::default());
    poller.acknowledge().await.unwrap();
    assert_eq!(kept.jtis(), ["1"]);

    let requests = transmitter.requests();
    assert_eq!(
        requests.len(),
        2,
        "with nothing to acknowledge nothing is sent"
    );
    assert_eq!(requests[0], json!({ "maxEvents": 10 }));
    assert_eq!(requests[1]["ack"], json!(["1"]));
    assert_eq!(requests[1]["setErrs"]["bad"]["err"], "invalid_request");
    assert_eq!(requests[1]["setErrs"]["state"]["err"], "invalid_state");
    // RFC 8936 §2.6: of the descriptions, where there are some.
    let languages = transmitter.languages.lock().unwrap().clone();
    assert_eq!(languages, [None, Some("en".to_owned())]);
}

#[tokio::test]
async fn an_acknowledgement_survives_a_failure() {
    let kept = Kept::default();
    let transmitter = Transmitter::answering([
        (200, json!({ "sets": { "1": token("1") } })),
        (503, json!({})),
    ]);
    let endpoint = transmitter.serve().await;
    let poller = Poller::new(http(), endpoint, "access".to_owned(), inbox(&kept));
    let mut poller = poller.return_immediately();
    poller.poll().await.unwrap();
    let Err(ClientError::Status {
        status,
        retry_after,
        ..
    }) = poller.poll().await
    else {
        panic!("the failure was not reported");
    };
    assert_eq!(
        (status, retry_after),
        (StatusCode::SERVICE_UNAVAILABLE, Some(7))
    );
    poller.acknowledge().await.unwrap();
    let ack = json!({ "ack": ["1"], "maxEvents": 0, "returnImmediately": true });
    assert_eq!(transmitter.requests()[2], ack);
}

#[tokio::test]
async fn a_token_that_was_not_taken_is_not_acknowledged() {
    let kept = Kept::default();
    kept.failures.store(1, Ordering::SeqCst);
    let answer = (200, json!({ "sets": { "1": token("1") } }));
    let transmitter = Transmitter::answering([answer.clone(), answer]);
    let endpoint = transmitter.serve().await;
    let mut poller = Poller::new(http(), endpoint, "access".to_owned(), inbox(&kept));
    assert_eq!(poller.poll().await.unwrap().postponed, 1);
    assert_eq!(poller.poll().await.unwrap().taken, 1);
    assert_eq!(transmitter.requests()[1], json!({ "maxEvents": 100 }));
}

#[tokio::test]
async fn an_answer_that_is_none_loses_nothing() {
    let kept = Kept::default();
    let transmitter = Transmitter::answering([(200, json!({ "sets": [] })), (200, json!([]))]);
    let endpoint = transmitter.serve().await;
    let mut poller = Poller::new(http(), endpoint, "access".to_owned(), inbox(&kept));
    for _ in 0..2 {
        assert!(matches!(poller.poll().await, Err(ClientError::Answer(_))));
    }
    assert_eq!(poller.poll().await.unwrap(), Polled::default());
}

#[tokio::test]
async fn it_polls_until_it_is_dropped() {
    let kept = Kept::default();
    let set = |jti: &str| (200, json!({ "sets": { jti: token(jti) } }));
    let transmitter = Transmitter::answering([set("1"), set("2"), set("3")]);
    let endpoint = transmitter.serve().await;
    let mut poller = Poller::new(
        http(),
        endpoint,
        Arc::new("access".to_owned()),
        inbox(&kept),
    );
    let mut taken = 0;
    let report = |outcome: &Result<Polled, ClientError>| taken += outcome.as_ref().unwrap().taken;
    tokio::select! {
        () = poller.run(report) => unreachable!("it runs for ever"),
        () = requests(&transmitter, 4) => {}
    }
    assert_eq!(taken, 3);
    assert_eq!(kept.jtis(), ["1", "2", "3"]);
    let last = json!({ "ack": ["3"], "maxEvents": 100 });
    assert_eq!(transmitter.requests()[3], last);
}

/// Ready once there were so many.
async fn requests(transmitter: &Transmitter, number: usize) {
    while transmitter.requests().len() < number {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_promise_of_more_without_a_token_is_no_reason_to_hurry() {
    let more = json!({ "sets": {}, "moreAvailable": true });
    let transmitter = Transmitter::answering(vec![(200, more); 100]);
    let endpoint = transmitter.serve().await;
    let poller = Poller::new(
        http(),
        endpoint,
        "access".to_owned(),
        inbox(&Kept::default()),
    );
    let mut poller = poller.return_immediately();
    let a_while = std::time::Duration::from_millis(900);
    let outcome = tokio::time::timeout(a_while, poller.run(|_| {})).await;
    assert!(outcome.is_err());
    assert_eq!(transmitter.requests().len(), 1);
}

/// A transmitter that holds requests for longer than the client waits has not failed.
#[tokio::test]
async fn a_poll_that_is_held_for_too_long_is_one_that_brings_nothing() {
    let held = Router::new().route("/", post(async || std::future::pending::<()>().await));
    let endpoint = serve(held).await;
    #[expect(clippy::disallowed_methods, reason = "the tests' own client")]
    let http = reqwest::Client::builder()
        .timeout(std::time::Duration::from_millis(50))
        .build()
        .unwrap();
    let mut poller = Poller::new(http, endpoint, "access".to_owned(), inbox(&Kept::default()));
    let mut timeouts = 0;
    let a_while = std::time::Duration::from_secs(5);
    let report = |outcome: &Result<Polled, ClientError>| {
        assert!(matches!(outcome, Err(ClientError::Transport(error)) if error.is_timeout()));
        timeouts += 1;
    };
    let outcome = tokio::time::timeout(a_while, poller.run(report)).await;
    assert!(outcome.is_err());
    assert!(timeouts > 3, "pauses have grown: {timeouts}");
}

#[tokio::test]
async fn it_does_not_poll_without_tls() {
    let kept = Kept::default();
    for url in ["http://tr.example.com/poll", "tr.example.com"] {
        let mut poller = Poller::new(http(), url, "access".to_owned(), inbox(&kept));
        let outcome = poller.poll().await;
        assert!(matches!(
            outcome,
            Err(ClientError::Insecure("endpoint_url"))
        ));
    }
}
