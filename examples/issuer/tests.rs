//! The keys of an issuer over time: what is asked for, how often, and what is believed meanwhile.

use std::time::{Duration, Instant};

use jose::{TokenError, Typ};
use serde_json::json;

use super::fixture::TestIssuer;
use super::{IssuerKeys, VerifyError, http};

struct Clock(Instant);

impl Clock {
    fn at(&self, seconds: u64) -> Instant {
        self.0 + Duration::from_secs(seconds)
    }
}

fn token(issuer: &TestIssuer) -> String {
    issuer.sign(Typ::AT_JWT, &json!({ "sub": "u1" }))
}

async fn verify(keys: &IssuerKeys, token: &str, now: Instant) -> Result<(), String> {
    match keys.verify(token, Typ::AT_JWT, now).await {
        Ok(_) => Ok(()),
        Err(VerifyError::Token(error)) => Err(error.to_string()),
        Err(VerifyError::Unreachable(_)) => Err("unreachable".into()),
    }
}

fn unknown() -> Result<(), String> {
    Err(TokenError::UnknownKey.to_string())
}

#[tokio::test]
async fn keys_are_fetched_once_and_again_for_an_unknown_one_at_most_every_30_seconds() {
    let (issuer, stranger) = (TestIssuer::start().await, TestIssuer::start().await);
    let keys = IssuerKeys::new(&issuer.url, http().unwrap());
    let clock = Clock(Instant::now());
    assert_eq!(
        issuer.fetches(),
        0,
        "a provider that starts later is no obstacle"
    );

    let old = token(&issuer);
    for second in 0..3 {
        assert_eq!(verify(&keys, &old, clock.at(second)).await, Ok(()));
    }
    assert_eq!(issuer.fetches(), 1);

    issuer.add_key();
    let new = token(&issuer);
    assert_eq!(
        verify(&keys, &new, clock.at(29)).await,
        unknown(),
        "too soon to ask again"
    );
    assert_eq!(issuer.fetches(), 1);
    assert_eq!(verify(&keys, &new, clock.at(30)).await, Ok(()));
    assert_eq!(verify(&keys, &old, clock.at(31)).await, Ok(()));
    assert_eq!(issuer.fetches(), 2);

    for second in 32..=61 {
        assert_eq!(
            verify(&keys, &token(&stranger), clock.at(second)).await,
            unknown()
        );
    }
    assert_eq!(
        issuer.fetches(),
        3,
        "thirty forged tokens in thirty seconds cost one request"
    );
}

#[tokio::test]
async fn a_withdrawn_key_is_forgotten_after_15_minutes() {
    let issuer = TestIssuer::start().await;
    let keys = IssuerKeys::new(&issuer.url, http().unwrap());
    let clock = Clock(Instant::now());
    let old = token(&issuer);
    assert_eq!(verify(&keys, &old, clock.at(0)).await, Ok(()));
    issuer.add_key();
    issuer.withdraw_key();
    assert_eq!(verify(&keys, &old, clock.at(15 * 60 - 1)).await, Ok(()));
    assert_eq!(verify(&keys, &old, clock.at(15 * 60)).await, unknown());
}

#[tokio::test]
async fn known_keys_outlast_an_issuer_that_is_down_and_unknown_ones_are_not_guessed() {
    let issuer = TestIssuer::start().await;
    let keys = IssuerKeys::new(&issuer.url, http().unwrap());
    let late = IssuerKeys::new(&issuer.url, http().unwrap());
    let clock = Clock(Instant::now());
    let good = token(&issuer);
    assert_eq!(verify(&keys, &good, clock.at(0)).await, Ok(()));
    issuer.stop().await;
    assert_eq!(verify(&keys, &good, clock.at(20 * 60)).await, Ok(()));
    assert_eq!(
        verify(&late, &good, clock.at(0)).await,
        Err("unreachable".into())
    );
}

#[tokio::test]
async fn metadata_of_another_issuer_is_not_used() {
    let issuer = TestIssuer::start().await;
    // The same server, under a name that its metadata does not give.
    let other_name = format!("{}/", issuer.url);
    let keys = IssuerKeys::new(&other_name, http().unwrap());
    let answer = verify(&keys, &token(&issuer), Instant::now()).await;
    assert_eq!(answer, Err("unreachable".into()));
    assert_eq!(issuer.fetches(), 0);
}

#[tokio::test]
async fn many_requests_at_once_wait_for_one_answer() {
    let issuer = TestIssuer::start().await;
    let keys = IssuerKeys::new(&issuer.url, http().unwrap());
    let (good, now) = (token(&issuer), Instant::now());
    let [a, b, c] = [(); 3].map(|()| verify(&keys, &good, now));
    assert_eq!(tokio::join!(a, b, c), (Ok(()), Ok(()), Ok(())));
    assert_eq!(issuer.fetches(), 1);
}
