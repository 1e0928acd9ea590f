//! Whatever a receiver asks, what is the transmitter's stays, and nothing is delivered that is not
//! both supported and requested. The same request twice is the same as once.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared_signals::stream::{CreateStream, Delivery, Mismatch, StreamConfiguration, UpdateStream};
use shared_signals::{Audience, parse};

type Rule = fn(&StreamConfiguration, UpdateStream) -> Result<StreamConfiguration, Mismatch>;

fuzz_target!(|body: &[u8]| {
    if let Ok(request) = parse::<CreateStream>(body) {
        let written = serde_json::to_vec(&request).expect("it came from JSON");
        assert_eq!(parse(&written), Ok(request));
    }
    let Ok(mut request) = parse::<UpdateStream>(body) else {
        return;
    };
    let before = stream();
    request.stream_id.clone_from(&before.stream_id);
    let [patched, replaced] = [
        before.patch(request.clone()),
        before.replace(request.clone()),
    ];
    assert_eq!(patched.is_ok(), replaced.is_ok());
    // What was delivered before need not be so after.
    request.events_delivered = None;
    for (stream, again) in [
        (patched, StreamConfiguration::patch as Rule),
        (replaced, StreamConfiguration::replace as Rule),
    ] {
        let Ok(stream) = stream else {
            return;
        };
        for event in &stream.events_delivered {
            assert!(stream.events_supported.contains(event));
            assert!(stream.events_requested.contains(event));
        }
        assert_eq!(again(&stream, request.clone()).as_ref(), Ok(&stream));
        let transmitters = StreamConfiguration {
            events_requested: before.events_requested.clone(),
            events_delivered: before.events_delivered.clone(),
            delivery: before.delivery.clone(),
            description: before.description.clone(),
            ..stream
        };
        assert_eq!(transmitters, before);
    }
});

fn stream() -> StreamConfiguration {
    StreamConfiguration {
        stream_id: "1".into(),
        iss: "https://tr.example.com".into(),
        aud: Audience::one("a"),
        events_supported: vec!["a".into(), "b".into()],
        events_requested: vec!["b".into(), "c".into()],
        events_delivered: vec!["b".into()],
        delivery: Delivery::Poll {
            endpoint_url: Some("https://tr.example.com/poll".into()),
        },
        min_verification_interval: Some(1),
        inactivity_timeout: None,
        description: None,
    }
}
