//! Every token that SSF 1.0, CAEP 1.0 and RISC 1.0 give as an example, and those of RFC 8417.

use std::collections::BTreeSet;

use jose::TokenError;
use serde::Deserialize;
use serde_json::Value;

use crate::stream::RemoveSubject;
use crate::{
    Deviation, Event, EventType, Mode, Received, Refusal, SecurityEventToken, Subject, Verifier,
    parse,
};

#[derive(Deserialize)]
struct Example {
    from: String,
    claims: Value,
}

fn examples() -> Vec<Example> {
    serde_json::from_str(include_str!("specification.json")).unwrap()
}

#[test]
fn every_example_reads_strictly_and_writes_as_it_is() {
    for Example { from, claims } in examples() {
        let received = Received::from_claims(claims.to_string().as_bytes(), Mode::Strict);
        let received = received.unwrap_or_else(|error| panic!("{from}: {error}"));
        assert!(!matches!(received.event, Event::Other { .. }), "{from}");
        let token = SecurityEventToken {
            iss: received.iss,
            iat: received.iat,
            jti: received.jti,
            aud: received.aud,
            txn: received.txn,
            toe: received.toe,
            sub_id: received.subject.unwrap(),
            event: received.event,
        };
        assert_eq!(serde_json::to_value(token).unwrap(), claims, "{from}");
    }
}

/// The examples of RFC 8417 are of other profiles: nothing that can be understood is refused, and strict
/// reading says what SSF has otherwise.
#[test]
fn the_examples_of_rfc_8417_are_tolerated() {
    const DISABLED: &str = "https://schemas.openid.net/secevent/risc/event-type/account-disabled";
    let examples: Vec<Example> = serde_json::from_str(include_str!("rfc8417.json")).unwrap();
    let expected = [
        vec![
            Deviation::ForbiddenClaim("sub"),
            Deviation::SeveralEvents(2),
            Deviation::NoSubject,
        ],
        vec![Deviation::ForbiddenClaim("sub"), Deviation::NoSubject],
        vec![Deviation::NoSubject],
        vec![
            Deviation::SubjectInEvent(DISABLED.to_owned()),
            Deviation::SubjectType("iss-sub".to_owned()),
        ],
        vec![Deviation::NoSubject],
    ];
    assert_eq!(examples.len(), expected.len());
    for (Example { from, claims }, expected) in examples.into_iter().zip(expected) {
        let claims = claims.to_string();
        let tolerant = Received::from_claims(claims.as_bytes(), Mode::Tolerant).unwrap();
        assert_eq!(tolerant.deviations.as_slice(), expected, "{from}");
        let strict = Received::from_claims(claims.as_bytes(), Mode::Strict);
        assert!(strict.is_err(), "{from}");
    }
}

/// RFC 8417 §2.4 shows its last example as an unsecured token, and RFC 8936 §2.5 a poll that brings such.
#[test]
fn an_unsecured_token_is_refused_in_any_mode() {
    const TOKEN: &str = "eyJ0eXAiOiJzZWNldmVudCtqd3QiLCJhbGciOiJub25lIn0.\
        eyJqdGkiOiI0ZDM1NTllYzY3NTA0YWFiYTY1ZDQwYjAzNjNmYWFkOCIsImlhdCI6MTQ1ODQ5NjQwNCwiaXNzIjoi\
        aHR0cHM6Ly9zY2ltLmV4YW1wbGUuY29tIiwiYXVkIjpbImh0dHBzOi8vc2NpbS5leGFtcGxlLmNvbS9GZWVkcy85\
        OGQ1MjQ2MWZhNWJiYzg3OTU5M2I3NzU0IiwiaHR0cHM6Ly9zY2ltLmV4YW1wbGUuY29tL0ZlZWRzLzVkNzYwNDUx\
        NmIxZDA4NjQxZDc2NzZlZTciXSwiZXZlbnRzIjp7InVybjppZXRmOnBhcmFtczpzY2ltOmV2ZW50OmNyZWF0ZSI6\
        eyJyZWYiOiJodHRwczovL3NjaW0uZXhhbXBsZS5jb20vVXNlcnMvNDRmNjE0MmRmOTZiZDZhYjYxZTc1MjFkOSIs\
        ImF0dHJpYnV0ZXMiOlsiaWQiLCJuYW1lIiwidXNlck5hbWUiLCJwYXNzd29yZCIsImVtYWlscyJdfX19.";
    let examples: Vec<Example> = serde_json::from_str(include_str!("rfc8417.json")).unwrap();
    let Some(Example { claims, .. }) = examples.into_iter().last() else {
        panic!("no example");
    };
    let aud = claims["aud"][0].as_str().unwrap();
    let verifier = Verifier::new(claims["iss"].as_str().unwrap(), aud).tolerant();
    let outcome = verifier.verify(&super::keys(), TOKEN, 1_458_496_404);
    let unsupported = TokenError::UnsupportedAlgorithm;
    assert_eq!(outcome, Err(Refusal::Token(unsupported)));
}

#[test]
fn the_examples_are_of_every_event_of_caep() {
    let shown: BTreeSet<_> = examples()
        .iter()
        .flat_map(|example| {
            example.claims["events"]
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        })
        .collect();
    for EventType { uri, .. } in crate::event::Caep::TYPES {
        assert!(shown.contains(*uri), "{uri}");
    }
}

/// SSF 1.0 §8.1.3.1.
#[test]
fn subjects_match_as_in_the_examples() {
    let subject = |text: &str| -> Subject { serde_json::from_str(text).unwrap() };
    let tenant = r#""tenant": { "format": "opaque", "id": "example-a38h4792-uw2" }"#;
    let user = r#""user": { "format": "email", "email": "jdoe@example.com" }"#;
    let device = r#""device": { "format": "ip-addresses", "ip-addresses": ["10.29.37.75"] }"#;
    let group =
        |did: &str| format!(r#""group": {{ "format": "did", "url": "did:example:{did}" }}"#);
    let complex = |members: &[&str]| {
        subject(&format!(
            r#"{{ "format": "complex", {} }}"#,
            members.join(",")
        ))
    };
    assert!(complex(&[tenant]).matches(&complex(&[tenant, user])));
    assert!(complex(&[user, device]).matches(&complex(&[user])));
    let (one, other) = (group("123456"), group("9999999"));
    assert!(!complex(&[user, &one]).matches(&complex(&[user, &other])));
}

/// SSF 1.0 §8.1.3.3 calls the format `phone`, which is none of RFC 9493: an agreed one, then.
#[test]
fn the_example_of_a_removal_has_a_format_of_its_own() {
    let request: RemoveSubject = parse(
        br#"{
            "stream_id": "f67e39a0a4d34d56b3aa1bc4cff0069f",
            "subject": { "format": "phone", "phone_number": "+12065550123" }
        }"#,
    )
    .unwrap();
    assert_eq!(request.subject.format(), "phone");
}
