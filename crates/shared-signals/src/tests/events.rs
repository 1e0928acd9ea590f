//! Events as types: the table, payloads, and what makes one malformed.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::event::caep::{
    AssuranceLevelChange, AssuranceNamespace, ChangeType, CredentialChange, CredentialType,
    SessionRevoked,
};
use crate::event::risc::{AccountDisabled, CredentialCompromise, DisabledReason, Reason};
use crate::event::ssf::Verification;
use crate::event::{Caep, Common, InitiatingEntity, Localized, Risc, Ssf};
use crate::{Event, EventType, Identifier, Subject};

fn payload(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

fn read(name: &str, value: Value) -> Result<Event, String> {
    let uri = EventType::ALL.into_iter().flatten();
    let uri = uri
        .into_iter()
        .find(|known| known.name == name)
        .unwrap()
        .uri;
    Event::parse(uri, payload(value)).map_err(|error| error.to_string())
}

#[test]
fn the_table_has_every_event_type_once() {
    let all: BTreeMap<_, _> = EventType::ALL
        .into_iter()
        .flatten()
        .map(|known| (known.uri, known.name))
        .collect();
    assert_eq!(
        (Ssf::TYPES.len(), Caep::TYPES.len(), Risc::TYPES.len()),
        (2, 8, 14)
    );
    assert_eq!(all.len(), 24);
    for (uri, name) in all {
        assert!(uri.starts_with("https://schemas.openid.net/secevent/"));
        assert!(uri.ends_with(&format!("/event-type/{name}")));
        assert_eq!(EventType::find(uri).unwrap().name, name);
    }
    assert_eq!(EventType::find("urn:example:other"), None);
}

#[test]
fn an_event_is_its_payload() {
    let common = Common {
        event_timestamp: Some(1_615_304_991.into()),
        initiating_entity: Some(InitiatingEntity::Policy),
        reason_admin: Some(Localized::new("en", "Landspeed Policy Violation: C076E82F").unwrap()),
        reason_user: None,
    };
    let event = Event::from(SessionRevoked { common });
    assert_eq!(
        event.uri(),
        "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
    );
    assert_eq!(
        serde_json::to_value(&event).unwrap(),
        json!({
            "event_timestamp": 1_615_304_991,
            "initiating_entity": "policy",
            "reason_admin": { "en": "Landspeed Policy Violation: C076E82F" },
        })
    );
    let event = Event::from(CredentialChange::new(
        CredentialType::Fido2Roaming,
        ChangeType::Create,
    ));
    assert_eq!(
        serde_json::to_value(&event).unwrap(),
        json!({ "credential_type": "fido2-roaming", "change_type": "create" })
    );
    assert_eq!(
        serde_json::to_value(Event::from(Risc::AccountPurged)).unwrap(),
        json!({})
    );
    let reason = Some(DisabledReason::BulkAccount);
    assert_eq!(
        serde_json::to_value(Event::from(AccountDisabled { reason })).unwrap(),
        json!({ "reason": "bulk-account" })
    );
    assert_eq!(
        serde_json::to_value(Event::from(Verification::default())).unwrap(),
        json!({})
    );
}

#[test]
fn what_the_parties_may_extend_is_kept_as_it_came() {
    let Ok(Event::Caep(Caep::AssuranceLevelChange(AssuranceLevelChange { namespace, .. }))) = read(
        "assurance-level-change",
        json!({ "namespace": "Retinal Scan", "current_level": "hi-res-scan" }),
    ) else {
        panic!("not an assurance level change");
    };
    assert_eq!(namespace.as_str(), "Retinal Scan");
    assert!(matches!(namespace, AssuranceNamespace::Other(_)));
    assert_eq!(
        AssuranceNamespace::from("NIST-AAL"),
        AssuranceNamespace::NistAal
    );

    let other = Event::parse("urn:example:event", payload(json!({ "a": [1] }))).unwrap();
    assert_eq!(other.uri(), "urn:example:event");
    assert_eq!(serde_json::to_value(&other).unwrap(), json!({ "a": [1] }));
}

#[test]
fn a_reason_of_risc_may_be_a_text() {
    for (value, expected) in [
        (
            json!("found in a dump"),
            Reason::Text("found in a dump".into()),
        ),
        (
            json!({ "en": "found" }),
            Reason::Localized(Localized::new("en", "found").unwrap()),
        ),
    ] {
        let payload = json!({ "credential_type": "password", "reason_admin": value });
        let Ok(Event::Risc(Risc::CredentialCompromise(CredentialCompromise {
            reason_admin, ..
        }))) = read("credential-compromise", payload)
        else {
            panic!("not a credential compromise");
        };
        assert_eq!(reason_admin, Some(expected));
    }
}

#[test]
fn a_malformed_payload_is_refused_by_name() {
    for (name, value) in [
        (
            "session-revoked",
            json!({ "event_timestamp": "1615304991" }),
        ),
        ("session-revoked", json!({ "initiating_entity": "robot" })),
        ("session-revoked", json!({ "reason_admin": {} })),
        ("session-revoked", json!({ "reason_admin": { "": "x" } })),
        (
            "session-revoked",
            json!({ "reason_user": { "en_US": "x" } }),
        ),
        ("session-revoked", json!({ "reason_user": { "en": 1 } })),
        ("token-claims-change", json!({})),
        ("token-claims-change", json!({ "claims": [] })),
        ("token-claims-change", json!({ "claims": {} })),
        (
            "credential-change",
            json!({ "credential_type": "password" }),
        ),
        (
            "credential-change",
            json!({ "credential_type": "password", "change_type": "reset" }),
        ),
        ("assurance-level-change", json!({ "namespace": "NIST-AAL" })),
        (
            "device-compliance-change",
            json!({ "current_status": "compliant" }),
        ),
        ("session-established", json!({ "amr": "otp" })),
        (
            "risk-level-change",
            json!({ "principal": "USER", "current_level": "low" }),
        ),
        ("account-disabled", json!({ "reason": 1 })),
        ("credential-compromise", json!({})),
        ("verification", json!({ "state": 1 })),
        ("stream-updated", json!({ "status": "stopped" })),
    ] {
        let error = read(name, value.clone()).unwrap_err();
        assert!(error.contains(name), "{value}: {error}");
    }
}

#[test]
fn a_language_is_found_whatever_its_case() {
    let reason = Localized::new("es-410", "Violación").unwrap();
    assert_eq!(reason.get("ES-410"), Some("Violación"));
    assert_eq!(reason.get("es"), None);
}

#[test]
fn some_events_are_about_some_subjects_only() {
    let phone = Subject::from(Identifier::phone_number("+12065550100").unwrap());
    let stream = Subject::opaque("f67e39a0a4d34d56b3aa1bc4cff0069f").unwrap();
    let recycled = Event::from(Risc::IdentifierRecycled);
    assert!(recycled.allows(&phone) && !recycled.allows(&stream));
    // As RISC 1.0 §2.5 names the format.
    let phone_of_risc = json!({ "format": "phone", "phone_number": "+12065550100" });
    assert!(recycled.allows(&serde_json::from_value(phone_of_risc).unwrap()));
    let verification = Event::from(Verification::default());
    assert!(verification.allows(&stream) && !verification.allows(&phone));
    assert!(Event::from(Risc::AccountPurged).allows(&stream));
}
