//! Poll requests and their answers are written and read again as they were, the order of tokens kept.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared_signals::{PollRequest, PollResponse, parse};

fuzz_target!(|body: &[u8]| {
    if let Ok(request) = parse::<PollRequest>(body) {
        let written = serde_json::to_vec(&request).expect("it came from JSON");
        assert_eq!(parse(&written), Ok(request));
    }
    if let Ok(response) = parse::<PollResponse>(body) {
        let written = serde_json::to_vec(&response).expect("it came from JSON");
        assert_eq!(parse(&written), Ok(response));
    }
});
