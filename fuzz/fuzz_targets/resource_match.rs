//! The canonical form of a resource identifier is its own canonical form, and two web addresses that
//! match are one address to everybody else.
#![no_main]

use domain::value::ResourceUri;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|input: (&str, &str)| {
    let (Ok(one), Ok(other)) = (ResourceUri::parse(input.0), ResourceUri::parse(input.1)) else {
        return;
    };
    for uri in [&one, &other] {
        let canonical = ResourceUri::parse(uri.canonical()).expect("a canonical form is a URI");
        assert_eq!(canonical.as_str(), canonical.canonical());
        assert!(canonical.matches(uri) && uri.matches(&canonical));
    }
    assert_eq!(one.matches(&other), one.canonical() == other.canonical());
    if one.matches(&other)
        && let (Ok(one), Ok(other)) = (Url::parse(one.as_str()), Url::parse(other.as_str()))
        && matches!(one.scheme(), "https" | "http")
    {
        assert_eq!(one, other);
    }
});
