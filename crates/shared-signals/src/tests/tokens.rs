//! Tokens: what is signed, what is refused and with which code, what is tolerated and by which name.

use jose::{Alg, SigningKey, TokenError, Typ};
use serde_json::{Value, json};

use super::{AUDIENCE, ISSUER, NOW, deviations, key, keys, signed, verifier};
use crate::event::Caep;
use crate::event::ssf::Verification;
use crate::{
    Audience, Complex, Deviation, ErrorCode, Event, Identifier, KeyRing, Refusal,
    SecurityEventToken, SetError, Subject, Timestamp, Verifier,
};

const REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const CHANGED: &str = "https://schemas.openid.net/secevent/caep/event-type/credential-change";
const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";

fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "iat": NOW,
        "jti": "1",
        "aud": AUDIENCE,
        "sub_id": { "format": "email", "email": "alice@example.com" },
        "events": { REVOKED: {} },
    })
}

/// The claims with this changed. `null` leaves the claim out.
fn with(changes: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
        .as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null());
    claims
}

fn code(token: &str) -> ErrorCode {
    verifier().verify(&keys(), token, NOW).unwrap_err().code()
}

#[test]
fn a_token_is_signed_as_the_framework_has_it() {
    let token = SecurityEventToken {
        iss: ISSUER.into(),
        iat: NOW,
        jti: "1".into(),
        aud: Audience::one(AUDIENCE),
        txn: Some("8675309".into()),
        toe: Some((NOW - 5).into()),
        sub_id: Subject::opaque("stream").unwrap(),
        event: Verification {
            state: Some("s".into()),
        }
        .into(),
    };
    let compact = token.sign(key()).unwrap();
    let header = jose::Unverified::parse(&compact).unwrap();
    assert_eq!(header.typ(), Some("secevent+jwt"));
    assert_eq!(header.kid(), Some(key().kid()));
    assert_eq!(
        header.claims::<Value>().unwrap(),
        json!({
            "iss": ISSUER,
            "iat": NOW,
            "jti": "1",
            "aud": AUDIENCE,
            "txn": "8675309",
            "toe": NOW - 5,
            "sub_id": { "format": "opaque", "id": "stream" },
            "events": { VERIFICATION: { "state": "s" } },
        })
    );
    let received = verifier().verify(&keys(), &compact, NOW).unwrap();
    assert_eq!(received.subject, Some(token.sub_id));
    assert_eq!(received.event, token.event);
    assert_eq!((received.txn, received.toe), (token.txn, token.toe));
}

#[test]
fn several_audiences_are_an_array_and_one_of_them_is_enough() {
    let names = vec!["other".to_owned(), AUDIENCE.to_owned()];
    let aud = Audience::new(names).unwrap();
    assert_eq!(
        serde_json::to_value(&aud).unwrap(),
        json!(["other", AUDIENCE])
    );
    let token = signed(&with(&json!({ "aud": aud })));
    assert!(verifier().verify(&keys(), &token, NOW).is_ok());
    let token = signed(&with(&json!({ "aud": "web" })));
    assert!(
        verifier()
            .or_audience("web")
            .verify(&keys(), &token, NOW)
            .is_ok()
    );
    assert_eq!(Audience::new(Vec::new()), None);
}

#[test]
fn a_stream_says_what_to_expect_of_its_tokens() {
    let stream = serde_json::from_value(json!({
        "stream_id": "1", "iss": ISSUER, "aud": ["web", AUDIENCE], "events_delivered": [],
        "delivery": { "method": "urn:ietf:rfc:8936", "endpoint_url": "https://tr.example.com/1" },
    }));
    let verifier = Verifier::for_stream(&stream.unwrap());
    let verify = |changes: &Value| verifier.verify(&keys(), &signed(&with(changes)), NOW);
    assert!(verify(&json!({})).is_ok());
    assert_eq!(verify(&json!({ "aud": "other" })), Err(Refusal::Audience));
    let elsewhere = json!({ "iss": "https://elsewhere.example.com" });
    assert_eq!(verify(&elsewhere), Err(Refusal::Issuer));
}

#[test]
fn a_refusal_has_the_code_of_rfc_8935() {
    let other = SigningKey::generate(Alg::Es256).unwrap();
    let foreign = other.sign(Typ::SECEVENT_JWT, &claims()).unwrap();
    assert_eq!(code(&foreign), ErrorCode::InvalidKey);
    let (signed_part, _) = foreign.rsplit_once('.').unwrap();
    assert_eq!(code(signed_part), ErrorCode::InvalidRequest);
    for (changes, expected) in [
        (
            json!({ "iss": "https://tr.example.com/" }),
            ErrorCode::InvalidIssuer,
        ),
        (
            json!({ "aud": "https://receiver.example.com/" }),
            ErrorCode::InvalidAudience,
        ),
        (json!({ "aud": [] }), ErrorCode::InvalidRequest),
        (json!({ "iat": NOW + 61 }), ErrorCode::InvalidRequest),
        (json!({ "iat": "now" }), ErrorCode::InvalidRequest),
        (json!({ "iat": null }), ErrorCode::InvalidRequest),
        (json!({ "jti": null }), ErrorCode::InvalidRequest),
        (json!({ "jti": "" }), ErrorCode::InvalidRequest),
        (json!({ "events": null }), ErrorCode::InvalidRequest),
        (json!({ "events": {} }), ErrorCode::InvalidRequest),
        (json!({ "events": [] }), ErrorCode::InvalidRequest),
        (
            json!({ "events": { REVOKED: [] } }),
            ErrorCode::InvalidRequest,
        ),
        (json!({ "sub_id": "alice" }), ErrorCode::InvalidRequest),
        (
            json!({ "sub_id": { "format": "email" } }),
            ErrorCode::InvalidRequest,
        ),
    ] {
        let token = signed(&with(&changes));
        assert_eq!(code(&token), expected, "{changes}");
        let tolerant = verifier().tolerant().verify(&keys(), &token, NOW);
        assert_eq!(
            tolerant.unwrap_err().code(),
            expected,
            "{changes}, tolerant"
        );
    }
    let refusal = SetError::from(&Refusal::Issuer);
    assert_eq!(
        serde_json::to_value(refusal).unwrap(),
        json!({ "err": "invalid_issuer", "description": "`iss` is not the expected issuer" })
    );
}

#[test]
fn the_clocks_may_differ_by_a_minute() {
    let token = signed(&with(&json!({ "iat": NOW + 60 })));
    assert!(verifier().verify(&keys(), &token, NOW).is_ok());
}

#[test]
fn a_token_of_another_kind_is_no_security_event_in_any_mode() {
    for typ in [Typ::AT_JWT, Typ::LOGOUT_JWT] {
        let token = key().sign(typ, &claims()).unwrap();
        let outcome = verifier().tolerant().verify(&keys(), &token, NOW);
        assert_eq!(outcome, Err(Refusal::Token(TokenError::WrongType)));
    }
}

#[test]
fn the_key_is_the_one_the_header_names() {
    let other = SigningKey::generate(Alg::Es256).unwrap();
    let token = signed(&claims());
    let without = KeyRing::new([other.public()]);
    let outcome = verifier().verify(&without, &token, NOW);
    assert_eq!(outcome, Err(Refusal::Token(TokenError::UnknownKey)));
    let both = KeyRing::new([other.public(), key().public()]);
    assert!(verifier().verify(&both, &token, NOW).is_ok());
}

#[test]
fn what_is_not_standard_is_named_and_tolerated() {
    let in_event =
        |subject: Value| json!({ "sub_id": null, "events": { REVOKED: { "subject": subject } } });
    let google =
        json!({ "subject_type": "iss-sub", "iss": "https://accounts.example.com", "sub": "7" });
    let apple = json!({ "user": { "format": "email", "email": "alice@example.com" } });
    let within = || Deviation::SubjectInEvent(REVOKED.into());
    for (changes, expected) in [
        (
            json!({ "sub": "alice" }),
            vec![Deviation::ForbiddenClaim("sub")],
        ),
        (
            json!({ "exp": NOW + 60 }),
            vec![Deviation::ForbiddenClaim("exp")],
        ),
        (json!({ "sub_id": null }), vec![Deviation::NoSubject]),
        (
            in_event(google),
            vec![within(), Deviation::SubjectType("iss-sub".into())],
        ),
        (in_event(apple), vec![within(), Deviation::NoFormat]),
        (
            json!({ "iat": 1_799_999_999.5 }),
            vec![Deviation::Fraction("iat")],
        ),
        (
            json!({ "events": { REVOKED: {}, "urn:example:event": {} } }),
            vec![Deviation::SeveralEvents(2)],
        ),
        (
            json!({ "events": { REVOKED: { "reason_admin": "policy" } } }),
            vec![Deviation::PlainReason("reason_admin")],
        ),
        (
            json!({ "events": { REVOKED: { "initiating_entity": null } } }),
            vec![Deviation::Null("initiating_entity".into())],
        ),
        (
            json!({ "events": { VERIFICATION: {} } }),
            vec![Deviation::SubjectFormat {
                event: VERIFICATION.into(),
                format: "email".into(),
            }],
        ),
    ] {
        let token = signed(&with(&changes));
        assert_eq!(
            deviations(verifier().verify(&keys(), &token, NOW)),
            expected,
            "{changes}"
        );
        let received = verifier().tolerant().verify(&keys(), &token, NOW).unwrap();
        assert_eq!(received.deviations.as_slice(), expected, "{changes}");
    }
}

#[test]
fn an_untyped_token_is_tolerated() {
    let token = key().sign(Typ::JWT, &claims()).unwrap();
    let typ = jose::Unverified::parse(&token)
        .unwrap()
        .typ()
        .map(str::to_owned);
    let expected = Deviation::Type(typ);
    let strict = deviations(verifier().verify(&keys(), &token, NOW));
    let received = verifier().tolerant().verify(&keys(), &token, NOW).unwrap();
    assert_eq!(received.deviations.as_slice(), strict);
    assert_eq!(strict, [expected]);
    assert_eq!(
        received.deviations.to_string(),
        "the header's `typ` is `JWT`, not `secevent+jwt` (SSF 1.0 §4.1.1)"
    );
}

#[test]
fn a_malformed_event_is_tolerated_as_its_payload() {
    let payload = json!({ "credential_type": "password", "change_type": "guessed" });
    let token = signed(&with(&json!({ "events": { CHANGED: payload } })));
    let [Deviation::MalformedEvent(text)] =
        &deviations(verifier().verify(&keys(), &token, NOW))[..]
    else {
        panic!("another deviation");
    };
    assert!(text.contains("credential-change"));
    let received = verifier().tolerant().verify(&keys(), &token, NOW).unwrap();
    let Event::Other { uri, payload: kept } = received.event else {
        panic!("read as {:?}", received.event);
    };
    assert_eq!((uri.as_str(), Value::from(kept)), (CHANGED, payload));
}

#[test]
fn what_every_event_may_have_does_not_spoil_it_in_tolerant_mode() {
    let common = json!({
        "event_timestamp": "yesterday",
        "initiating_entity": "nobody",
        "reason_admin": { "en_US": "lost" },
        "reason_user": { "en": "lost" },
    });
    let token = signed(&with(&json!({ "events": { REVOKED: common } })));
    let strict = deviations(verifier().verify(&keys(), &token, NOW));
    let left_out = |deviation: &Deviation| match deviation {
        Deviation::MalformedMember { member, .. } => *member,
        other => panic!("{other}"),
    };
    assert_eq!(
        strict.iter().map(left_out).collect::<Vec<_>>(),
        ["event_timestamp", "initiating_entity", "reason_admin"]
    );
    let received = verifier().tolerant().verify(&keys(), &token, NOW).unwrap();
    assert_eq!(received.deviations.as_slice(), strict);
    let Event::Caep(Caep::SessionRevoked(event)) = received.event else {
        panic!("read as {:?}", received.event);
    };
    assert_eq!(event.common.event_timestamp, None);
    assert_eq!(event.common.reason_user.unwrap().get("en"), Some("lost"));
}

#[test]
fn a_subjects_members_that_its_format_does_not_define_are_left_out_in_tolerant_mode() {
    let subject = json!({
        "format": "complex",
        "user": { "format": "email", "email": "alice@example.com", "name": "Alice" },
    });
    let token = signed(&with(&json!({ "sub_id": subject })));
    let expected = Deviation::SubjectMember {
        format: "email".into(),
        member: "name".into(),
    };
    let strict = deviations(verifier().verify(&keys(), &token, NOW));
    assert_eq!(strict, [expected]);
    let received = verifier().tolerant().verify(&keys(), &token, NOW).unwrap();
    let user = Identifier::email("alice@example.com").unwrap();
    let alice = Complex::new("user", user).unwrap();
    assert_eq!(received.subject, Some(alice.into()));
}

/// One of them would be taken for the subject of the others.
#[test]
fn events_of_different_subjects_are_refused_in_any_mode() {
    let about = |name: &str| json!({ "subject": { "format": "email", "email": format!("{name}@a.example") } });
    let events = |one: &str, other: &str| json!({ REVOKED: about(one), CHANGED: about(other) });
    for (other, accepted) in [("alice", true), ("bob", false)] {
        let claims = with(&json!({ "sub_id": null, "events": events("alice", other) }));
        let outcome = verifier().tolerant().verify(&keys(), &signed(&claims), NOW);
        assert_eq!(outcome.is_ok(), accepted, "{other}: {outcome:?}");
    }
}

#[test]
fn a_repeated_subject_is_not_a_deviation() {
    let subject = json!({ "format": "email", "email": "alice@example.com" });
    let token = signed(&with(
        &json!({ "events": { REVOKED: { "subject": subject } } }),
    ));
    let received = verifier().verify(&keys(), &token, NOW).unwrap();
    assert_eq!(received.subject, Subject::email("alice@example.com").ok());
}

#[test]
fn a_critical_member_that_is_not_processed_is_refused() {
    let tenant = Identifier::opaque("t").unwrap();
    let user = Identifier::email("alice@example.com").unwrap();
    let subject = Complex::new("tenant", tenant)
        .unwrap()
        .with("user", user)
        .unwrap();
    let token = signed(&with(&json!({ "sub_id": subject })));
    let critical = ["tenant".to_owned(), "user".to_owned()];
    let only_user = verifier().critical_members(&critical, ["user"]);
    let outcome = only_user.verify(&keys(), &token, NOW);
    assert_eq!(outcome, Err(Refusal::CriticalMember("tenant".into())));
    let both = verifier().critical_members(&critical, ["user", "tenant"]);
    assert!(both.verify(&keys(), &token, NOW).is_ok());
}

#[test]
fn a_time_may_have_a_fraction() {
    let at = |text: &str| serde_json::from_str::<Timestamp>(text).unwrap().seconds();
    assert_eq!(at("1615304991"), 1_615_304_991);
    assert_eq!(at("1615304991.9"), 1_615_304_991);
    assert_eq!(at("-1.5"), -2);
    assert_eq!(at("1e300"), i64::MAX);
    assert!(serde_json::from_str::<Timestamp>("\"1615304991\"").is_err());
}
