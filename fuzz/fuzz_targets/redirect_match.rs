//! A redirect URI that matches is, to a browser, the registered one: at most its loopback port differs.
#![no_main]

use domain::value::{RedirectKind, RedirectUri};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|input: (&str, &str)| {
    let (registered, requested) = input;
    let Ok(uri) = RedirectUri::parse(registered) else {
        return;
    };
    assert!(uri.matches(registered));
    if !uri.matches(requested) || registered == requested {
        return;
    }
    assert_eq!(uri.kind(), RedirectKind::Loopback);
    let (registered, requested) = (
        Url::parse(registered).expect("a registered URI is a URL"),
        Url::parse(requested).expect("a matching URI is a URL"),
    );
    assert!(matches!(
        requested.host_str(),
        Some("127.0.0.1" | "[::1]" | "localhost")
    ));
    let without_port = |mut url: Url| {
        url.set_port(None).expect("http has a port");
        url
    };
    assert_eq!(without_port(registered), without_port(requested));
});
