//! A token's claims: strict reading accepts what tolerant reading has nothing to say of, and what it
//! accepts is written and read again as it was. Without a key no token is accepted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared_signals::{KeyRing, Mode, Received, SecurityEventToken, Verifier};

fuzz_target!(|claims: &[u8]| {
    if let Ok(token) = std::str::from_utf8(claims) {
        let verifier = Verifier::new("https://tr.example.com", "receiver").tolerant();
        assert!(verifier.verify(&KeyRing::default(), token, 0).is_err());
    }
    let strict = Received::from_claims(claims, Mode::Strict);
    let Ok(tolerant) = Received::from_claims(claims, Mode::Tolerant) else {
        assert!(strict.is_err());
        return;
    };
    assert_eq!(strict.is_ok(), tolerant.deviations.is_empty());
    let Ok(received) = strict else {
        return;
    };
    assert_eq!(received, tolerant);
    let token = SecurityEventToken {
        iss: received.iss.clone(),
        iat: received.iat,
        jti: received.jti.clone(),
        aud: received.aud.clone(),
        txn: received.txn.clone(),
        toe: received.toe.clone(),
        sub_id: received.subject.clone().expect("strict: there is one"),
        event: received.event.clone(),
    };
    assert!(token.event.allows(&token.sub_id));
    let written = serde_json::to_vec(&token).expect("it came from JSON");
    assert_eq!(Received::from_claims(&written, Mode::Strict), Ok(received));
});
