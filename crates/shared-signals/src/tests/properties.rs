//! For all tokens: what is written is read again, unknown members change nothing, and a token of
//! which something required is missing is refused. For all bytes: nothing panics.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::event::caep::{
    AssuranceLevelChange, AssuranceNamespace, ChangeDirection, ChangeType, ComplianceStatus,
    CredentialChange, CredentialType, DeviceComplianceChange, Principal, RiskLevel,
    RiskLevelChange, SessionEstablished, SessionPresented, SessionRevoked, TokenClaimsChange,
};
use crate::event::risc::{AccountDisabled, CredentialCompromise, IdentifierChanged, Reason};
use crate::event::ssf::{StreamUpdated, Verification};
use crate::event::{Common, InitiatingEntity, Localized, Risc};
use crate::stream::{CreateStream, Status, StreamConfiguration, TransmitterMetadata, UpdateStream};
use crate::{
    Audience, Complex, Event, Identifier, Mode, PollRequest, PollResponse, Received,
    SecurityEventToken, Subject, parse,
};

fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9äé \"\\\\|/]{1,12}"
}

fn identifier() -> BoxedStrategy<Identifier> {
    let simple = prop_oneof![
        "[a-z]{1,8}".prop_map(|name| Identifier::account(format!("acct:{name}@example.com"))),
        "[a-z+.]{1,8}".prop_map(|name| Identifier::email(format!("{name}@example.com"))),
        (text(), text()).prop_map(|(iss, sub)| Identifier::iss_sub(iss, sub)),
        text().prop_map(Identifier::opaque),
        "\\+[1-9][0-9]{3,14}".prop_map(Identifier::phone_number),
        "did:[a-z]{1,5}:[a-z0-9]{1,9}".prop_map(Identifier::did),
        "urn:[a-z]{2,5}:[a-z0-9]{1,9}".prop_map(Identifier::uri),
        (text(), text()).prop_map(|(iss, jti)| Identifier::jwt_id(iss, jti)),
        (text(), text()).prop_map(|(issuer, id)| Identifier::saml_assertion_id(issuer, id)),
        prop::collection::vec(any::<std::net::IpAddr>(), 1..3).prop_map(Identifier::ip_addresses),
        (text(), prop::option::of(text())).prop_map(|(uri, id)| Identifier::scim(uri, id)),
    ]
    .prop_map(Result::unwrap)
    .boxed();
    let aliases = prop::collection::vec(simple.clone(), 1..4)
        .prop_map(|identifiers| Identifier::aliases(identifiers).unwrap());
    prop_oneof![9 => simple, 1 => aliases].boxed()
}

fn complex() -> BoxedStrategy<Complex> {
    let name = prop_oneof![
        prop::sample::select(&Complex::NAMES[..]).prop_map(str::to_owned),
        "[a-z]{1,5}",
    ];
    prop::collection::vec((name, identifier()), 1..5)
        .prop_map(|members| {
            let mut members = members.into_iter();
            let (name, first) = members.next().unwrap();
            let one = Complex::new(name, first).unwrap();
            members.fold(one, |subject, (name, identifier)| {
                subject.with(name, identifier).unwrap()
            })
        })
        .boxed()
}

fn subject() -> BoxedStrategy<Subject> {
    prop_oneof![
        identifier().prop_map(Subject::from),
        complex().prop_map(Subject::from)
    ]
    .boxed()
}

fn localized() -> impl Strategy<Value = Localized> {
    prop::collection::btree_map("[a-z]{2}(-[A-Z]{2})?", text(), 1..3)
        .prop_map(|messages| Localized::try_from(messages).unwrap())
}

fn common() -> BoxedStrategy<Common> {
    let entity = prop::sample::select(vec![
        InitiatingEntity::Admin,
        InitiatingEntity::User,
        InitiatingEntity::Policy,
        InitiatingEntity::System,
    ]);
    let reasons = (prop::option::of(localized()), prop::option::of(localized()));
    let time = prop::option::of(any::<i64>());
    (time, prop::option::of(entity), reasons)
        .prop_map(|(time, entity, (admin, user))| Common {
            event_timestamp: time.map(Into::into),
            initiating_entity: entity,
            reason_admin: admin,
            reason_user: user,
        })
        .boxed()
}

fn caep() -> BoxedStrategy<Event> {
    let maybe = || prop::option::of(text());
    let levels = prop::sample::select(vec![RiskLevel::Low, RiskLevel::Medium, RiskLevel::High]);
    let status = |compliant| {
        if compliant {
            ComplianceStatus::Compliant
        } else {
            ComplianceStatus::NotCompliant
        }
    };
    prop_oneof![
        common().prop_map(|common| SessionRevoked { common }.into()),
        (common(), text(), text()).prop_map(|(common, name, value)| {
            let claims = Map::from_iter([(name, Value::from(value))]);
            TokenClaimsChange { claims, common }.into()
        }),
        (common(), text(), maybe(), maybe()).prop_map(|(common, kind, name, serial)| {
            let kind = CredentialType::from(kind.as_str());
            let change = CredentialChange::new(kind, ChangeType::Revoke);
            CredentialChange {
                friendly_name: name,
                x509_serial: serial,
                common,
                ..change
            }
            .into()
        }),
        (common(), text(), maybe()).prop_map(|(common, level, before)| {
            AssuranceLevelChange {
                namespace: AssuranceNamespace::NistAal,
                current_level: level,
                change_direction: before.is_some().then_some(ChangeDirection::Decrease),
                previous_level: before,
                common,
            }
            .into()
        }),
        (common(), any::<bool>()).prop_map(move |(common, before)| {
            let (previous_status, current_status) = (status(before), status(!before));
            DeviceComplianceChange {
                previous_status,
                current_status,
                common,
            }
            .into()
        }),
        (
            common(),
            maybe(),
            prop::option::of(prop::collection::vec(text(), 0..3))
        )
            .prop_map(|(common, acr, amr)| SessionEstablished {
                acr,
                amr,
                common,
                ..Default::default()
            }
            .into()),
        (common(), maybe(), maybe()).prop_map(|(common, fp_ua, ext_id)| SessionPresented {
            fp_ua,
            ext_id,
            common
        }
        .into()),
        (common(), text(), levels, maybe()).prop_map(|(common, kind, level, risk_reason)| {
            RiskLevelChange {
                principal: Principal::from(kind.as_str()),
                current_level: level,
                previous_level: risk_reason.is_some().then_some(RiskLevel::Low),
                risk_reason,
                common,
            }
            .into()
        }),
    ]
    .boxed()
}

fn other() -> BoxedStrategy<Event> {
    prop_oneof![
        prop::sample::select(vec![
            Risc::AccountCredentialChangeRequired,
            Risc::AccountPurged,
            Risc::AccountEnabled,
            Risc::OptIn,
            Risc::OptOutInitiated,
            Risc::OptOutCancelled,
            Risc::OptOutEffective,
            Risc::RecoveryActivated,
            Risc::RecoveryInformationChanged,
            Risc::SessionsRevoked,
        ])
        .prop_map(Event::from),
        prop::option::of(text()).prop_map(|reason| {
            let reason = reason.map(|reason| reason.as_str().into());
            AccountDisabled { reason }.into()
        }),
        (text(), prop::option::of(localized()), text()).prop_map(|(kind, admin, user)| {
            CredentialCompromise {
                credential_type: kind.as_str().into(),
                event_timestamp: Some(1.into()),
                reason_admin: admin.map(Reason::Localized),
                reason_user: Some(Reason::Text(user)),
            }
            .into()
        }),
        text().prop_map(|name| Event::Other {
            uri: format!("urn:example:{name}"),
            payload: Map::from_iter([(name, json!([null, 1]))]),
        }),
    ]
    .boxed()
}

/// Events with subjects that they can be about.
fn about() -> BoxedStrategy<(Subject, Event)> {
    let stream = text().prop_map(|id| Subject::opaque(id).unwrap());
    let email = "[a-z]{1,5}@[a-z]{1,5}".prop_map(|email| Subject::email(email).unwrap());
    let changed = prop::option::of(text()).prop_map(|new_value| IdentifierChanged { new_value });
    let framework = prop_oneof![
        prop::option::of(text()).prop_map(|state| Event::from(Verification { state })),
        prop::option::of(text()).prop_map(|reason| {
            let status = Status::Paused;
            Event::from(StreamUpdated { status, reason })
        }),
    ];
    prop_oneof![
        4 => (subject(), caep()),
        2 => (subject(), other()),
        1 => (stream, framework),
        1 => (email, changed.prop_map(Event::from)),
    ]
    .boxed()
}

prop_compose! {
    fn token()(
        (iss, jti, txn) in (text(), text(), prop::option::of(text())),
        (iat, toe) in (any::<i64>(), prop::option::of(any::<i64>())),
        aud in prop::collection::vec(text(), 1..3),
        (sub_id, event) in about(),
    ) -> SecurityEventToken {
        let aud = Audience::new(aud).unwrap();
        let toe = toe.map(Into::into);
        SecurityEventToken { iss, iat, jti, aud, txn, toe, sub_id, event }
    }
}

fn read(claims: &Value) -> Received {
    Received::from_claims(claims.to_string().as_bytes(), Mode::Strict).unwrap()
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(token in token()) {
        let received = read(&serde_json::to_value(&token).unwrap());
        prop_assert_eq!(received.iss, token.iss);
        prop_assert_eq!(received.iat, token.iat);
        prop_assert_eq!(received.jti, token.jti);
        prop_assert_eq!(received.aud, token.aud);
        prop_assert_eq!(received.txn, token.txn);
        prop_assert_eq!(received.toe, token.toe);
        prop_assert_eq!(received.subject, Some(token.sub_id));
        prop_assert_eq!(received.event, token.event);
    }

    #[test]
    fn unknown_members_change_nothing(token in token(), name in "x-[a-z]{1,8}", value in text()) {
        let mut claims = serde_json::to_value(&token).unwrap();
        let expected = read(&claims);
        claims[&name] = json!({ "nested": value });
        let known = !matches!(token.event, Event::Other { .. });
        if known {
            claims["events"][token.event.uri()][&name] = value.into();
            claims["events"][token.event.uri()][format!("{name}-null")] = Value::Null;
        }
        prop_assert_eq!(read(&claims), expected);
    }

    #[test]
    fn a_token_without_what_it_needs_is_refused(token in token(), which in 0..6_usize) {
        let mut claims = serde_json::to_value(&token).unwrap();
        let name = ["iss", "iat", "jti", "aud", "sub_id", "events"][which];
        claims.as_object_mut().unwrap().remove(name);
        let outcome = Received::from_claims(claims.to_string().as_bytes(), Mode::Strict);
        prop_assert!(outcome.is_err());
    }

    #[test]
    fn a_subject_matches_itself_and_whatever_it_matches_matches_it(
        one in complex(),
        other in complex(),
        identifier in identifier(),
    ) {
        prop_assert!(one.matches(&one));
        prop_assert_eq!(one.matches(&other), other.matches(&one));
        let narrower = one.clone().with("narrower", identifier).unwrap();
        prop_assert!(one.matches(&narrower));
    }

    #[test]
    fn a_tolerated_token_is_strict_if_nothing_is_listed(claims in "\\{.{0,80}\\}") {
        if let Ok(received) = Received::from_claims(claims.as_bytes(), Mode::Tolerant) {
            let strict = Received::from_claims(claims.as_bytes(), Mode::Strict);
            prop_assert_eq!(strict.is_ok(), received.deviations.is_empty());
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for mode in [Mode::Strict, Mode::Tolerant] {
            prop_assert!(Received::from_claims(&bytes, mode).is_err());
            prop_assert!(StreamConfiguration::read(&bytes, mode).is_err());
            prop_assert!(TransmitterMetadata::read(&bytes, "", mode).is_err());
        }
        let _ = parse::<CreateStream>(&bytes);
        let _ = parse::<UpdateStream>(&bytes);
        let _ = parse::<PollRequest>(&bytes);
        let _ = parse::<PollResponse>(&bytes);
    }
}
