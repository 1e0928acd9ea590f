//! What authentik 2026.5.0-rc1 sends, as it was captured: streams and the claims of pushed tokens.

use serde_json::{Value, json};

use super::{NOW, deviations, key, keys, signed};
use crate::event::caep::CredentialType;
use crate::event::{Caep, Ssf};
use crate::stream::{Delivery, PUSH, Status, StreamConfiguration, StreamStatus};
use crate::{Deviation, Event, Mode, ReadError, Verifier, parse};

fn capture() -> Value {
    serde_json::from_str(include_str!("authentik-2026.5.0-rc1.json")).unwrap()
}

#[test]
fn strict_reading_says_what_is_not_standard_about_its_streams() {
    let common = [
        Deviation::DraftMember("format"),
        Deviation::IssuerIsWellKnown,
    ];
    for (name, document) in capture()["streams"].as_object().unwrap() {
        let mut expected = common.to_vec();
        if name == "poll" {
            expected.push(Deviation::Missing("delivery.endpoint_url"));
        }
        let document = document.to_string();
        let strict = StreamConfiguration::read(document.as_bytes(), Mode::Strict);
        let Err(ReadError::NonStandard(deviations)) = strict else {
            panic!("{name}: {strict:?}");
        };
        assert_eq!(deviations.as_slice(), expected, "{name}");

        let tolerant = StreamConfiguration::read(document.as_bytes(), Mode::Tolerant).unwrap();
        assert_eq!(tolerant.deviations, deviations);
        assert_eq!(tolerant.value.delivery.method() == PUSH, name != "poll");
        assert_eq!(
            matches!(
                tolerant.value.delivery,
                Delivery::Poll { endpoint_url: None }
            ),
            name == "poll"
        );
    }
    // Without `stream_id` it answers with one stream instead of a list.
    let one = capture()["streams"]["push"].to_string();
    let list = StreamConfiguration::read_list(one.as_bytes(), Mode::Tolerant).unwrap();
    assert_eq!(list.value.len(), 1);
    assert_eq!(list.deviations.as_slice()[0], Deviation::NotAList);
}

#[test]
fn its_status_is_standard() {
    let status: StreamStatus = parse(capture()["status"].to_string().as_bytes()).unwrap();
    assert_eq!(status.status, Status::Enabled);
}

#[test]
fn its_tokens_are_standard_but_for_the_null_of_an_unasked_verification() {
    for claims in capture()["tokens"].as_array().unwrap() {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let verifier = Verifier::new(text(&claims["iss"]), text(&claims["aud"][0]));
        let token = signed(claims);
        let strict = verifier.verify(&keys(), &token, NOW);
        let tolerant = verifier
            .clone()
            .tolerant()
            .verify(&keys(), &token, NOW)
            .unwrap();
        if claims.to_string().contains(r#""state":null"#) {
            let null = Deviation::Null("state".into());
            assert_eq!(tolerant.deviations.as_slice(), deviations(strict));
            assert_eq!(tolerant.deviations.as_slice(), [null]);
        } else {
            assert_eq!(strict.unwrap(), tolerant);
        }
        match tolerant.event {
            Event::Ssf(Ssf::Verification(verification)) => {
                let state = ["my-state-123".to_owned()];
                assert!(
                    verification
                        .state
                        .is_none_or(|given| state.contains(&given))
                );
            }
            Event::Caep(Caep::CredentialChange(change)) => {
                assert_eq!(change.credential_type, CredentialType::Password);
            }
            Event::Caep(Caep::SessionRevoked(_)) => {
                let Some(crate::Subject::Complex(subject)) = tolerant.subject else {
                    panic!("not a complex subject");
                };
                assert!(subject.session().is_some() && subject.user().is_some());
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Releases before 2025.12 had the subject in the event and no type.
#[test]
fn its_older_tokens_are_tolerated() {
    const REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
    let claims = json!({
        "jti": "1", "aud": ["a"], "iat": NOW, "iss": "https://ak.example.com",
        "events": { REVOKED: {
            "subject": {
                "format": "complex",
                "session": { "format": "opaque", "id": "0f702bfd" },
                "user": { "format": "email", "email": "ssfuser@example.test" },
            },
            "initiating_entity": "user",
        } },
    });
    let token = key().sign(jose::Typ::JWT, &claims).unwrap();
    let verifier = Verifier::new("https://ak.example.com", "a");
    let [Deviation::SubjectInEvent(uri), Deviation::Type(_)] =
        &deviations(verifier.verify(&keys(), &token, NOW))[..]
    else {
        panic!("other deviations");
    };
    assert_eq!(uri, REVOKED);
    let received = verifier.tolerant().verify(&keys(), &token, NOW).unwrap();
    assert!(matches!(
        received.event,
        Event::Caep(Caep::SessionRevoked(_))
    ));
    assert_eq!(received.subject.unwrap().format(), "complex");
}
