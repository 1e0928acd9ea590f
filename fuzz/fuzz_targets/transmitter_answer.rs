//! What a transmitter says of itself and of its streams: strict reading accepts what tolerant reading
//! has nothing to say of, and what it accepts is written and read again as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared_signals::Mode;
use shared_signals::stream::{StreamConfiguration, TransmitterMetadata, well_known_url};

const ISSUER: &str = "https://tr.example.com";

macro_rules! check {
    ($document:expr, $read:expr) => {
        let strict = $read($document, Mode::Strict);
        if let Ok(tolerant) = $read($document, Mode::Tolerant) {
            assert_eq!(strict.is_ok(), tolerant.deviations.is_empty());
            if let Ok(strict) = strict {
                assert_eq!(strict, tolerant);
                let written = serde_json::to_vec(&strict.value).expect("it came from JSON");
                assert_eq!($read(&written, Mode::Strict), Ok(strict));
            }
        } else {
            assert!(strict.is_err());
        }
    };
}

fuzz_target!(|document: &[u8]| {
    let metadata = |document: &[u8], mode| TransmitterMetadata::read(document, ISSUER, mode);
    check!(document, metadata);
    check!(document, StreamConfiguration::read);
    check!(document, StreamConfiguration::read_list);
    if let Ok(issuer) = std::str::from_utf8(document)
        && let Ok(found) = well_known_url(issuer)
    {
        let origin = |url: &str| url::Url::parse(url).expect("a URL").origin();
        assert_eq!(origin(&found), origin(issuer));
    }
});
