//! Key sets.

use serde_json::{Value, json};

use crate::{Alg, Jwk, KeyError, KeySet, Member, SigningKey, TokenError, Typ};

fn new_key() -> SigningKey {
    SigningKey::generate(Alg::Es256).unwrap()
}

fn token(key: &SigningKey) -> String {
    key.sign(Typ::AT_JWT, &json!({ "sub": "alice" })).unwrap()
}

#[test]
fn the_active_key_signs_and_every_published_key_verifies() {
    let (old, next, active) = (new_key(), new_key(), new_key());
    let (old_token, next_token) = (token(&old), token(&next));
    let kid = active.kid().to_owned();
    let set = KeySet::new(
        [
            Member::Retired {
                key: old.public().clone(),
                until: 11,
            },
            Member::Active(active.into()),
            Member::Next(next.public().clone()),
        ],
        10,
    )
    .unwrap();
    assert_eq!(set.algs().collect::<Vec<_>>(), [Alg::Es256]);
    assert!(set.signer(Alg::Rs256).is_none());
    let signer = set.signer(Alg::Es256).unwrap();
    assert_eq!(signer.kid(), kid);
    for token in [old_token, next_token, token(signer)] {
        let claims: Value = set.verify(&token, Typ::AT_JWT).unwrap().claims().unwrap();
        assert_eq!(claims["sub"], "alice");
        assert_eq!(
            set.verify(&token, Typ::JWT).unwrap_err(),
            TokenError::WrongType
        );
    }

    let published = Jwk::parse_set(set.jwks()).unwrap();
    let kids: Vec<_> = published.iter().filter_map(Jwk::kid).collect();
    assert_eq!(kids, [old.kid(), &kid, next.kid()]);
}

#[test]
fn a_retired_key_leaves_when_its_last_token_has_expired() {
    let old = new_key();
    let at = |now| {
        KeySet::new(
            [Member::Retired {
                key: old.public().clone(),
                until: 10,
            }],
            now,
        )
        .unwrap()
    };
    assert!(at(9).verify(&token(&old), Typ::AT_JWT).is_ok());
    let gone = at(10);
    assert_eq!(
        gone.verify(&token(&old), Typ::AT_JWT).unwrap_err(),
        TokenError::UnknownKey
    );
    assert_eq!(gone.jwks(), br#"{"keys":[]}"#);
}

#[test]
fn a_token_without_a_known_kid_is_refused() {
    let set = KeySet::new([Member::Active(new_key().into())], 0).unwrap();
    assert_eq!(
        set.verify(&token(&new_key()), Typ::AT_JWT).unwrap_err(),
        TokenError::UnknownKey
    );
    // {"alg":"ES256"}
    let anonymous = "eyJhbGciOiJFUzI1NiJ9.e30.AAAA";
    assert_eq!(
        set.verify(anonymous, Typ::JWT).unwrap_err(),
        TokenError::UnknownKey
    );
}

#[test]
fn one_active_key_per_algorithm_and_no_key_twice() {
    let two = [
        Member::Active(new_key().into()),
        Member::Active(new_key().into()),
    ];
    assert_eq!(
        KeySet::new(two, 0).unwrap_err(),
        KeyError::TwoActive(Alg::Es256)
    );
    let key = new_key();
    let twice = [
        Member::Next(key.public().clone()),
        Member::Active(key.into()),
    ];
    assert_eq!(KeySet::new(twice, 0).unwrap_err(), KeyError::DuplicateKid);
    let other = SigningKey::generate(Alg::EdDsa).unwrap();
    let set = KeySet::new(
        [
            Member::Active(new_key().into()),
            Member::Active(other.into()),
        ],
        0,
    )
    .unwrap();
    assert_eq!(set.algs().collect::<Vec<_>>(), [Alg::Es256, Alg::EdDsa]);
}
