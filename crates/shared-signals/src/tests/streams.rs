//! Streams: what PATCH and PUT make of them, and what is the transmitter's.

use serde_json::{Value, json};

use crate::stream::{
    CreateStream, Delivery, Mismatch, StreamConfiguration, StreamStatus, UpdateStream, delivered,
};
use crate::{Deviation, Mode, ReadError, json};

fn json() -> Value {
    json!({
        "stream_id": "f67e39a0a4d34d56b3aa1bc4cff0069f",
        "iss": "https://tr.example.com",
        "aud": ["https://receiver.example.com/web", "https://receiver.example.com/mobile"],
        "delivery": {
            "method": "urn:ietf:rfc:8935",
            "endpoint_url": "https://receiver.example.com/events",
        },
        "events_supported": ["urn:example:type_1", "urn:example:type_2", "urn:example:type_3"],
        "events_requested": ["urn:example:type_2", "urn:example:type_3", "urn:example:type_4"],
        "events_delivered": ["urn:example:type_2", "urn:example:type_3"],
        "min_verification_interval": 60,
        "description": "Stream for Receiver A",
    })
}

fn stream() -> StreamConfiguration {
    serde_json::from_value(json()).unwrap()
}

fn update(value: Value) -> UpdateStream {
    let mut value = value;
    value["stream_id"] = json()["stream_id"].clone();
    serde_json::from_value(value).unwrap()
}

#[test]
fn the_example_of_the_framework_reads_and_writes_as_it_is() {
    let read = StreamConfiguration::read(json().to_string().as_bytes(), Mode::Strict).unwrap();
    assert_eq!(serde_json::to_value(read.value).unwrap(), json());
}

#[test]
fn what_is_delivered_is_both_supported_and_requested() {
    let names = |names: &[&str]| -> Vec<String> { names.iter().map(|&name| name.into()).collect() };
    let (supported, requested) = (names(&["a", "b", "c"]), names(&["x", "c", "a", "c"]));
    assert_eq!(delivered(&supported, &requested), ["c", "a"]);
    assert!(delivered(&supported, &[]).is_empty());
}

#[test]
fn a_patch_changes_what_it_has_and_nothing_else() {
    let events = json!(["urn:example:type_1", "urn:example:unknown"]);
    let patched = stream()
        .patch(update(json!({ "events_requested": events })))
        .unwrap();
    let mut expected = json();
    expected["events_requested"] = events;
    expected["events_delivered"] = json!(["urn:example:type_1"]);
    assert_eq!(serde_json::to_value(patched).unwrap(), expected);
    assert_eq!(stream().patch(update(json!({}))).unwrap(), stream());
}

#[test]
fn a_put_deletes_what_it_has_not() {
    let replaced = stream().replace(update(json!({}))).unwrap();
    assert_eq!(replaced.description, None);
    assert!(replaced.events_requested.is_empty() && replaced.events_delivered.is_empty());
    assert_eq!(replaced.delivery, Delivery::Poll { endpoint_url: None });
    assert_eq!(replaced.min_verification_interval, Some(60));
    let whole = serde_json::from_value(json()).unwrap();
    assert_eq!(stream().replace(whole).unwrap(), stream());
    let receivers = UpdateStream::from(stream());
    assert_eq!(receivers.iss, None);
    assert_eq!(stream().replace(receivers).unwrap(), stream());
}

#[test]
fn what_is_the_transmitters_must_be_as_it_is() {
    for (name, wrong) in [
        ("iss", json!("https://tr.example.com/")),
        ("aud", json!(["https://receiver.example.com/web"])),
        ("events_supported", json!(["urn:example:type_1"])),
        ("events_delivered", json!([])),
        ("min_verification_interval", json!(30)),
        ("inactivity_timeout", json!(3600)),
    ] {
        let request = update(json!({ name: wrong }));
        assert_eq!(stream().patch(request.clone()), Err(Mismatch(name)));
        assert_eq!(stream().replace(request), Err(Mismatch(name)));
    }
    let mut other = update(json!({}));
    other.stream_id = "another".into();
    assert_eq!(stream().patch(other), Err(Mismatch("stream_id")));
    let reordered = json!({ "events_delivered": ["urn:example:type_3", "urn:example:type_2"] });
    assert_eq!(stream().patch(update(reordered)).unwrap(), stream());
}

#[test]
fn the_poll_endpoint_is_the_transmitters() {
    let poll = |url: Option<&str>| json!({ "delivery": { "method": "urn:ietf:rfc:8936", "endpoint_url": url } });
    let own = "https://tr.example.com/poll/1";
    let mut polled = stream();
    polled.delivery = Delivery::Poll {
        endpoint_url: Some(own.into()),
    };
    for request in [poll(None), poll(Some(own))] {
        assert_eq!(polled.patch(update(request)).unwrap(), polled);
    }
    let foreign = update(poll(Some("https://receiver.example.com/poll")));
    assert_eq!(
        polled.patch(foreign.clone()),
        Err(Mismatch("delivery.endpoint_url"))
    );
    assert_eq!(
        stream().patch(foreign),
        Err(Mismatch("delivery.endpoint_url"))
    );
    let open = stream().patch(update(poll(None))).unwrap();
    assert_eq!(open.delivery, Delivery::Poll { endpoint_url: None });
}

#[test]
fn a_new_endpoint_does_not_inherit_the_old_ones_secret() {
    let secret = json!({ "delivery": {
        "method": "urn:ietf:rfc:8935",
        "endpoint_url": "https://receiver.example.com/events",
        "authorization_header": "Bearer of-the-receiver",
    } });
    let stream = stream().patch(update(secret)).unwrap();
    assert!(!format!("{stream:?}").contains("of-the-receiver"));
    let moved = json!({ "delivery": {
        "method": "urn:ietf:rfc:8935",
        "endpoint_url": "https://elsewhere.example.com/",
    } });
    let Delivery::Push {
        authorization_header,
        ..
    } = stream.patch(update(moved)).unwrap().delivery
    else {
        panic!("not push");
    };
    assert_eq!(authorization_header, None);
}

#[test]
fn requests_ignore_what_drafts_have_and_refuse_what_is_malformed() {
    let request: CreateStream = json::parse(
        br#"{
            "iss": "https://tr.example.com", "aud": "x", "format": "iss_sub",
            "delivery": {
                "method": "https://schemas.openid.net/secevent/risc/delivery-method/push",
                "endpoint_url": "https://receiver.example.com/events", "endpoint_url_token": "t"
            }
        }"#,
    )
    .unwrap();
    let Some(Delivery::Other {
        method,
        endpoint_url,
        ..
    }) = request.delivery
    else {
        panic!("not a draft's method");
    };
    assert_eq!(method, crate::stream::LEGACY_PUSH);
    assert_eq!(
        endpoint_url.as_deref(),
        Some("https://receiver.example.com/events")
    );
    for wrong in [
        "[]",
        "null",
        r#"{"events_requested":"a"}"#,
        r#"{"events_requested":[1]}"#,
        r#"{"description":1}"#,
        r#"{"delivery":{}}"#,
        r#"{"delivery":{"method":"urn:ietf:rfc:8935"}}"#,
        r#"{"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://r.example","authorization_header":"a\r\nb"}}"#,
        r#"{"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://r.example","authorization_header":""}}"#,
        r#"{"description":"a","description":"b"}"#,
    ] {
        assert!(
            json::parse::<CreateStream>(wrong.as_bytes()).is_err(),
            "{wrong}"
        );
    }
    assert!(json::parse::<UpdateStream>(b"{}").is_err());
    assert!(json::parse::<StreamStatus>(br#"{"stream_id":"1","status":"Enabled"}"#).is_err());
}

#[test]
fn what_is_not_standard_about_a_stream_is_named_and_tolerated() {
    let poll = json!({ "method": "urn:ietf:rfc:8936", "endpoint_url": null });
    let draft =
        json!({ "method": "https://schemas.openid.net/secevent/risc/delivery-method/poll" });
    let plain = json!({ "method": "urn:ietf:rfc:8936", "endpoint_url": "http://127.0.0.1/poll" });
    for (name, value, expected) in [
        (
            "delivery",
            plain,
            Deviation::InsecureUrl("delivery.endpoint_url"),
        ),
        ("format", json!("iss_sub"), Deviation::DraftMember("format")),
        (
            "delivery",
            poll,
            Deviation::Missing("delivery.endpoint_url"),
        ),
        (
            "delivery",
            draft.clone(),
            Deviation::DraftDelivery(draft["method"].as_str().unwrap().into()),
        ),
        (
            "events_delivered",
            json!(["urn:example:type_1"]),
            Deviation::Delivered("urn:example:type_1".into()),
        ),
        (
            "events_delivered",
            Value::Null,
            Deviation::Missing("events_delivered"),
        ),
    ] {
        let mut document = json();
        document[name] = value;
        document
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        let document = document.to_string();
        let strict = StreamConfiguration::read(document.as_bytes(), Mode::Strict);
        let Err(ReadError::NonStandard(deviations)) = strict else {
            panic!("{name}: {strict:?}");
        };
        assert_eq!(deviations.as_slice(), [expected]);
        let tolerant = StreamConfiguration::read(document.as_bytes(), Mode::Tolerant).unwrap();
        assert_eq!(tolerant.deviations, deviations);
    }
    let mut document = json();
    document["inactivity_timeout"] = Value::Null;
    document["events_supported"] = Value::Null;
    let read = StreamConfiguration::read(document.to_string().as_bytes(), Mode::Tolerant).unwrap();
    let null = |name: &str| Deviation::Null(name.into());
    let expected = [null("events_supported"), null("inactivity_timeout")];
    assert_eq!(read.deviations.as_slice(), expected);
    let one = json().to_string();
    let list = StreamConfiguration::read_list(one.as_bytes(), Mode::Tolerant).unwrap();
    assert_eq!(list.value, [stream()]);
    assert_eq!(list.deviations.as_slice(), [Deviation::NotAList]);
    assert!(StreamConfiguration::read_list(one.as_bytes(), Mode::Strict).is_err());
    let list = StreamConfiguration::read_list(b"[]", Mode::Strict).unwrap();
    assert!(list.value.is_empty());
}
