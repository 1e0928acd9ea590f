use domain::refusal::Refusal;
use domain::stream::{
    self, Authorization, Delivery, StatusSetter, Stream, StreamSettings, StreamStatus, Tls,
};
use domain::value::{ClientId, EndpointUrl, SigningAlg, StreamId};
use uuid::Uuid;

use crate::support::{kinds, user_id};

fn push(url: &str) -> StreamSettings {
    StreamSettings::new(Delivery::Push {
        endpoint_url: EndpointUrl::parse(url).unwrap(),
        tls: Tls::Public,
    })
}

fn id() -> StreamId {
    StreamId::new(Uuid::from_u128(1))
}

fn pushed() -> Stream {
    Stream {
        id: id(),
        client: ClientId::parse("siem").unwrap(),
        settings: push("https://siem.example/events"),
        has_authorization: true,
        status: StreamStatus::Enabled,
        reason: None,
        stopped_by_operator: false,
    }
}

#[test]
fn a_receiver_has_as_many_streams_as_it_may() {
    let create = |held, most| {
        let settings = push("https://siem.example/events");
        stream::create(id(), pushed().client, settings, true, held, most)
    };
    let made = ["stream.created", "stream.authorization_set"];
    assert_eq!(kinds(&create(0, 1).unwrap()), made);
    assert!(matches!(create(1, 1), Err(Refusal::TooMany(_))));
    assert!(matches!(create(0, 0), Err(Refusal::TooMany(_))));
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let refused = |change: &dyn Fn(&mut StreamSettings)| {
        let mut settings = push("https://siem.example/events");
        change(&mut settings);
        let made = stream::create(id(), pushed().client, settings, false, 0, 1);
        matches!(made, Err(Refusal::Invalid(_)))
    };
    assert!(refused(&|s| s.signing_alg = SigningAlg::EdDsa));
    assert!(refused(&|s| s.events_requested = vec!["urn:x".into(); 101]));
    assert!(refused(&|s| s.events_requested = vec![String::new()]));
    assert!(refused(&|s| s.audience = vec!["a".into(); 11]));
    assert!(refused(&|s| s.most_pending = 0));
    assert!(refused(&|s| s.oldest_pending = 59));
    assert!(refused(&|s| s.inactivity_timeout = 59));
    assert!(refused(&|s| s.description = "x".repeat(501)));
    assert!(!refused(&|_| ()));
    let polled = StreamSettings::new(Delivery::Poll);
    let with_header = stream::create(id(), pushed().client, polled, true, 0, 1);
    assert!(matches!(with_header, Err(Refusal::Invalid(_))));
}

#[test]
fn a_header_is_sent_to_no_origin_that_it_was_not_given_for() {
    let update = |settings: &StreamSettings, authorization| {
        let decided = stream::update(&pushed(), settings.clone(), authorization);
        decided.map(|changes| kinds(&changes))
    };
    let beside = push("https://siem.example/other");
    assert_eq!(
        update(&beside, Authorization::Keep),
        Ok(vec!["stream.updated"])
    );
    for elsewhere in [
        "https://evil.example/events",
        "https://siem.example:8443/events",
        "http://siem.example/events",
    ] {
        let elsewhere = push(elsewhere);
        assert!(matches!(
            update(&elsewhere, Authorization::Keep),
            Err(Refusal::Invalid(_))
        ));
        let anew = vec!["stream.updated", "stream.authorization_set"];
        assert_eq!(update(&elsewhere, Authorization::Set), Ok(anew));
    }
    let removed = vec!["stream.updated", "stream.authorization_removed"];
    let polled = StreamSettings::new(Delivery::Poll);
    assert_eq!(update(&polled, Authorization::Keep), Ok(removed));
    assert_eq!(update(&pushed().settings, Authorization::Keep), Ok(vec![]));
}

#[test]
fn what_an_operator_stopped_only_an_operator_starts() {
    use StatusSetter::{Operator, Receiver, Transmitter};
    let set = |stream: &Stream, status, by| stream::set_status(stream, status, None, by);
    let held = Stream {
        status: StreamStatus::Paused,
        stopped_by_operator: true,
        ..pushed()
    };
    for status in [StreamStatus::Enabled, StreamStatus::Disabled] {
        assert_eq!(
            set(&held, status, Receiver),
            Err(Refusal::Stopped("stream"))
        );
        for by in [Operator, Transmitter] {
            assert_eq!(
                kinds(&set(&held, status, by).unwrap()),
                ["stream.status_changed"]
            );
        }
    }
    assert_eq!(set(&held, StreamStatus::Paused, Receiver), Ok(vec![]));
    assert_eq!(set(&held, StreamStatus::Paused, Operator), Ok(vec![]));
    // What the receiver had stopped an operator takes over.
    let paused = Stream {
        stopped_by_operator: false,
        ..held
    };
    let taken = set(&paused, StreamStatus::Paused, Operator).unwrap();
    assert_eq!(kinds(&taken), ["stream.status_changed"]);
    assert_eq!(set(&paused, StreamStatus::Paused, Transmitter), Ok(vec![]));
}

#[test]
fn a_reason_is_a_line() {
    for reason in ["two\nlines", &"x".repeat(501)] {
        let reason = Some(reason.to_owned());
        let set = stream::set_status(
            &pushed(),
            StreamStatus::Paused,
            reason,
            StatusSetter::Operator,
        );
        assert!(matches!(set, Err(Refusal::Invalid(_))));
    }
}

#[test]
fn what_was_said_of_a_user_is_said_once() {
    let set = |included, now| kinds(&stream::set_subject(id(), user_id(1), included, now));
    assert_eq!(set(true, None), ["stream.subject_added"]);
    assert_eq!(set(false, Some(true)), ["stream.subject_removed"]);
    assert!(set(true, Some(true)).is_empty());
    assert!(set(false, Some(false)).is_empty());
}
