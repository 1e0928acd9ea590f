use domain::personal::Details;
use domain::session::EndReason;
use domain::signal::Reported;
use domain::user::DisableReason;
use domain::value::{ClientId, Email, GrantId, Username};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::ssf::table::{self, Origin};

fn user() -> UserId {
    UserId::new(Uuid::from_u128(1))
}

fn session() -> SessionId {
    SessionId::new(Uuid::from_u128(2))
}

fn group() -> GroupId {
    GroupId::new(Uuid::from_u128(3))
}

/// What an event of the log means, said by an operator.
fn meaning(event: &Event, personal: Option<&Personal>) -> Vec<Meaning> {
    of(Happened {
        event,
        personal,
        cause: &Cause::operator(),
        time: Timestamp::from_micros(1_700_000_000_123_456),
    })
}

/// The events that receivers are told of, by name and payload.
fn told(event: &Event, personal: Option<&Personal>) -> Vec<(String, Value)> {
    meaning(event, personal)
        .into_iter()
        .filter_map(|meaning| match meaning {
            Meaning::Told(told) => {
                let name = told.event.uri().rsplit('/').next().unwrap_or_default();
                Some((name.to_owned(), serde_json::to_value(&told.event).unwrap()))
            }
            _ => None,
        })
        .collect()
}

fn ended(reason: EndReason) -> Event {
    Event::SessionEnded {
        session: session(),
        user: user(),
        reason,
    }
}

#[test]
fn a_session_that_ended_is_revoked_by_whoever_ended_it() {
    for (reason, by) in [
        (EndReason::SignedOut, "user"),
        (EndReason::EndedByUser, "user"),
        (EndReason::EndedByAdmin, "admin"),
        (EndReason::Expired, "system"),
        (EndReason::UserDisabled, "admin"),
        (EndReason::PasswordChanged, "policy"),
        (EndReason::Replaced, "user"),
    ] {
        let [(name, event)] = &told(&ended(reason), None)[..] else {
            panic!("one event expected");
        };
        assert_eq!(name, "session-revoked");
        assert_eq!(event["initiating_entity"], by, "{reason:?}");
        assert_eq!(event["event_timestamp"], 1_700_000_000);
        assert!(!event["reason_admin"]["en"].as_str().unwrap().is_empty());
    }
}

#[test]
fn only_an_expiry_is_told_on_demand_alone() {
    for (reason, on_demand) in [(EndReason::Expired, true), (EndReason::SignedOut, false)] {
        let [Meaning::Told(told)] = &meaning(&ended(reason), None)[..] else {
            panic!("one event expected");
        };
        assert_eq!(told.expiry, on_demand);
        assert_eq!(told.about, About::Session(session()));
    }
}

#[test]
fn a_password_is_a_credential() {
    let set = |first, must_change| Event::UserPasswordSet {
        user: user(),
        first,
        must_change,
    };
    let changed = told(&set(false, false), None);
    assert_eq!(changed[0].0, "credential-change");
    assert_eq!(changed[0].1["credential_type"], "password");
    assert_eq!(changed[0].1["change_type"], "update");
    assert_eq!(changed[0].1["initiating_entity"], "admin");
    let demanded = told(&set(true, true), None);
    assert_eq!(demanded[0].1["change_type"], "create");
    assert_eq!(demanded[1].0, "account-credential-change-required");
}

#[test]
fn a_hijacked_account_is_disabled_for_that_reason() {
    for (reason, said) in [
        (DisableReason::Hijacked, json!({"reason": "hijacking"})),
        (DisableReason::Administrative, json!({})),
    ] {
        let event = Event::UserDisabled {
            user: user(),
            reason,
        };
        assert_eq!(told(&event, None), [("account-disabled".to_owned(), said)]);
    }
}

#[test]
fn another_address_is_told_about_the_former_one() {
    let personal = Personal {
        details: Some(Details {
            username: Username::parse("zoe").unwrap(),
            email: Some(Email::parse("new@example.org").unwrap()),
            email_verified: true,
            profile: domain::value::Profile::default(),
            attributes: std::collections::BTreeMap::new(),
        }),
        former_email: Some(Email::parse("old@example.org").unwrap()),
        ..Personal::default()
    };
    let event = Event::UserUpdated {
        user: user(),
        changed: vec!["email".to_owned()],
    };
    let meanings = meaning(&event, Some(&personal));
    let [Meaning::Told(told), Meaning::Claims { whom, names }] = &meanings[..] else {
        panic!("{meanings:?}");
    };
    assert_eq!(told.about, About::FormerEmail("old@example.org".to_owned()));
    let expected = json!({"new-value": "new@example.org"});
    assert_eq!(serde_json::to_value(&told.event).unwrap(), expected);
    assert_eq!(*whom, Whom::User(user()));
    assert_eq!(names[..], ["email", "email_verified"]);
}

#[test]
fn groups_change_the_claims_of_their_members() {
    let (parent, child) = (group(), GroupId::new(Uuid::from_u128(4)));
    for (event, whom) in [
        (
            Event::GroupMemberAdded {
                group: parent,
                user: user(),
                expires: None,
            },
            Whom::User(user()),
        ),
        (Event::GroupNested { parent, child }, Whom::MembersOf(child)),
        (
            Event::GroupDeleted { group: parent },
            Whom::FormerMembersOf(parent),
        ),
    ] {
        let names = vec!["groups"];
        assert_eq!(meaning(&event, None), [Meaning::Claims { whom, names }]);
    }
}

#[test]
fn a_token_used_twice_is_a_risk() {
    let revoked = |reason| Event::GrantRevoked {
        grant: GrantId::new(Uuid::from_u128(5)),
        user: user(),
        client: ClientId::parse("web").unwrap(),
        reason,
    };
    let [(name, event)] = &told(&revoked(RevokeReason::RefreshTokenReused), None)[..] else {
        panic!("one event expected");
    };
    assert_eq!(name, "risk-level-change");
    assert_eq!(event["current_level"], "HIGH");
    assert_eq!(event["principal"], "USER");
    assert!(told(&revoked(RevokeReason::RevokedByUser), None).is_empty());
}

#[test]
fn a_receiver_is_not_told_of_what_it_did_itself() {
    let set = |by| Event::StreamStatusChanged {
        stream: StreamId::new(Uuid::from_u128(6)),
        status: StreamStatus::Paused,
        reason: None,
        by,
    };
    assert_eq!(meaning(&set(StatusSetter::Receiver), None), []);
    assert_eq!(meaning(&set(StatusSetter::Operator), None).len(), 1);
    assert_eq!(meaning(&set(StatusSetter::Transmitter), None).len(), 1);
}

#[test]
fn a_report_is_passed_on_with_what_it_is_about() {
    let reported = |event: Value, subject: Value| Personal {
        signal: Some(Reported {
            subject: subject.as_object().unwrap().clone(),
            event: event.as_object().unwrap().clone(),
        }),
        ..Personal::default()
    };
    let device = json!({"device": {"format": "opaque", "id": "laptop-7"}});
    let uri = "https://schemas.openid.net/secevent/caep/event-type/device-compliance-change";
    let compliance = json!({"previous_status": "compliant", "current_status": "not-compliant"});
    let personal = reported(compliance.clone(), device.clone());
    let event = Event::SignalReported {
        signal: domain::value::SignalId::new(Uuid::from_u128(7)),
        user: user(),
        uri: uri.to_owned(),
    };
    let [Meaning::Told(told)] = &meaning(&event, Some(&personal))[..] else {
        panic!("one event expected");
    };
    assert_eq!(told.about, About::With(device.as_object().unwrap().clone()));
    assert_eq!(serde_json::to_value(&told.event).unwrap(), compliance);
    // A person who was erased has no report any more.
    assert_eq!(meaning(&event, None), []);
}

/// What is made here and what the table says are the same.
#[test]
fn the_table_tells_what_happens() {
    let some = |event: &Event| {
        told(event, None)
            .into_iter()
            .map(|(name, _)| name)
            .collect::<Vec<_>>()
    };
    let events = [
        ended(EndReason::SignedOut),
        Event::SessionStarted {
            session: session(),
            user: user(),
            amr: vec!["pwd".to_owned()],
            expires: Timestamp::from_micros(0),
        },
        Event::UserPasswordRemoved { user: user() },
        Event::UserPasswordChangeRequired { user: user() },
        Event::UserDeleted { user: user() },
        Event::UserErased { user: user() },
        Event::UserEnabled { user: user() },
    ];
    for event in &events {
        let names = some(event);
        assert!(!names.is_empty(), "{}", event.kind());
        for name in names {
            let line = table::TABLE.iter().find(|line| line.name == name).unwrap();
            let (Origin::Log(causes) | Origin::Both(causes)) = line.origin else {
                panic!("{name} is not said to come from the log");
            };
            assert!(
                causes.iter().any(|(kind, _)| *kind == event.kind()),
                "{name}"
            );
        }
        assert!(table::concerns(event.kind()));
    }
}
