use domain::signing_key::{self, Phase, SigningKey};
use domain::value::SigningAlg;

use crate::support::{at, kinds};

fn key(kid: &str, phase: Phase, since: i64) -> SigningKey {
    SigningKey {
        kid: kid.to_owned(),
        alg: SigningAlg::Es256,
        phase,
        since: at(since),
    }
}

#[test]
fn the_first_key_signs_at_once_and_the_next_is_published_first() {
    let first = signing_key::create(&[], "a", SigningAlg::Es256).unwrap();
    assert_eq!(
        kinds(&first),
        ["signing_key.created", "signing_key.activated"]
    );
    let next = signing_key::create(&[key("a", Phase::Active, 0)], "b", SigningAlg::Es256).unwrap();
    assert_eq!(kinds(&next), ["signing_key.created"]);
}

#[test]
fn one_next_key_at_a_time() {
    let keys = [key("a", Phase::Active, 0), key("b", Phase::Next, 0)];
    assert!(signing_key::create(&keys, "c", SigningAlg::Es256).is_err());
    assert!(signing_key::create(&keys, "c", SigningAlg::Rs256).is_ok());
}

#[test]
fn a_key_that_takes_over_retires_the_one_before() {
    let keys = [key("a", Phase::Active, 0), key("b", Phase::Next, 0)];
    let changes = signing_key::activate(&keys, "b").unwrap();
    assert_eq!(
        kinds(&changes),
        ["signing_key.retired", "signing_key.activated"]
    );
    assert!(signing_key::activate(&keys, "a").is_err());
}

#[test]
fn time_moves_keys_on() {
    let keys = [
        key("a", Phase::Active, 0),
        key("b", Phase::Next, 100),
        key("c", Phase::Retired, 0),
    ];
    let second = 1_000_000;
    let due = |now| kinds(&signing_key::due(&keys, at(now), 60 * second, 120 * second));
    assert!(due(99).is_empty());
    assert_eq!(due(120), ["signing_key.removed"]);
    assert_eq!(
        due(160),
        [
            "signing_key.retired",
            "signing_key.activated",
            "signing_key.removed"
        ]
    );
}
