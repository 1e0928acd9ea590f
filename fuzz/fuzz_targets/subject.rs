//! A subject is written and read again as it was, matches itself, and matching has two equal sides.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared_signals::{Identifier, Subject, parse};

fuzz_target!(|input: (&[u8], &[u8])| {
    let Ok(one) = parse::<Subject>(input.0) else {
        return;
    };
    let written = serde_json::to_vec(&one).expect("it came from JSON");
    assert_eq!(parse::<Subject>(&written).as_ref(), Ok(&one));
    assert!(one.matches(&one));
    match &one {
        Subject::Simple(identifier) => {
            assert_eq!(parse::<Identifier>(&written).as_ref(), Ok(identifier));
        }
        Subject::Complex(complex) => assert!(complex.members().next().is_some()),
    }
    if let Ok(other) = parse::<Subject>(input.1) {
        assert_eq!(one.matches(&other), other.matches(&one));
    }
});
