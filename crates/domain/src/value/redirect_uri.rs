//! Redirect URIs as clients register them, and the one comparison made with them.
//!
//! RFC 9700 §2.1: the requested URI equals a registered one, byte by byte. RFC 8252 §7.3: only the
//! port of a loopback URI may differ, because a native app learns it when it starts listening.

use super::text::{text_schema, text_traits};
use super::uri::{InvalidUri, Uri, parse_port};
use alloc::sync::Arc;

/// A registered redirect URI.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RedirectUri {
    text: Arc<str>,
    kind: RedirectKind,
}

/// What stands at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RedirectKind {
    /// `https`: a web application, or an app that claims the address.
    Https,
    /// `http` on this machine (RFC 8252 §7.3): a native app, or a web application in development.
    Loopback,
    /// A scheme of the app's own, such as `com.example.app:/callback` (RFC 8252 §7.1).
    PrivateUse,
}

/// Why a URI cannot be registered to redirect to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRedirectUri {
    /// Not an absolute URI without fragment and user information.
    #[error("redirect URI: {0}")]
    Syntax(#[from] InvalidUri),
    /// `http` to another machine would show the code to the network.
    #[error(
        "redirect URI: http is only for http://127.0.0.1, http://[::1] and http://localhost; use https"
    )]
    PlainHttp,
    /// Neither of the web nor a domain name in reverse (RFC 8252 §7.1): `javascript:`, `data:`,
    /// `file:`, and every scheme that another app could claim as easily.
    #[error(
        "redirect URI: begins with https://, or http:// on this machine, or a private-use scheme that \
         contains a dot, such as com.example.app:/callback"
    )]
    Scheme,
    /// `*`: each URI is registered in full.
    #[error("redirect URI: wildcards (\"*\") are not supported; register each URI in full")]
    Wildcard,
}

impl RedirectUri {
    /// Reads a URI to register.
    pub fn parse(text: &str) -> Result<Self, InvalidRedirectUri> {
        if text.contains('*') {
            return Err(InvalidRedirectUri::Wildcard);
        }
        let uri = Uri::split(text)?;
        let kind = match (uri.scheme, uri.authority) {
            ("https", Some(_)) => RedirectKind::Https,
            ("http", Some(_)) if uri.is_loopback_http() => RedirectKind::Loopback,
            ("http", Some(_)) => return Err(InvalidRedirectUri::PlainHttp),
            (scheme, _) if scheme.contains('.') => RedirectKind::PrivateUse,
            _ => return Err(InvalidRedirectUri::Scheme),
        };
        Ok(Self {
            text: text.into(),
            kind,
        })
    }

    /// The URI as registered.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands at the other end, for rules by type of client.
    pub fn kind(&self) -> RedirectKind {
        self.kind
    }

    /// Whether a request may be answered at `requested`.
    pub fn matches(&self, requested: &str) -> bool {
        if *requested == *self.text {
            return true;
        }
        self.kind == RedirectKind::Loopback
            && match (without_port(&self.text), without_port(requested)) {
                (Some(registered), Some(requested)) => registered == requested,
                _ => false,
            }
    }
}

/// A loopback URI as host and the rest, whatever its port.
fn without_port(text: &str) -> Option<(&'static str, &str)> {
    ["http://127.0.0.1", "http://[::1]", "http://localhost"]
        .into_iter()
        .find_map(|host| text.strip_prefix(host).map(|after| (host, after)))
        .and_then(|(host, after)| {
            let Some(after) = after.strip_prefix(':') else {
                return Some((host, after));
            };
            let end = after.find(['/', '?']).unwrap_or(after.len());
            parse_port(&after[..end]).ok()?;
            Some((host, &after[end..]))
        })
}

text_traits!(RedirectUri, InvalidRedirectUri);
text_schema!(
    RedirectUri,
    Some("uri"),
    "Where people may be sent: an absolute URI."
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::parse(text).unwrap()
    }

    #[test]
    fn each_kind_is_recognised() {
        use RedirectKind as K;
        for (text, kind) in [
            ("https://app.example/cb?tenant=1", K::Https),
            ("http://127.0.0.1/cb", K::Loopback),
            ("http://[::1]:4000/cb", K::Loopback),
            ("http://localhost", K::Loopback),
            ("com.example.app:/cb", K::PrivateUse),
            ("com.example.app://cb", K::PrivateUse),
        ] {
            assert_eq!(uri(text).kind(), kind, "{text}");
        }
    }

    #[test]
    fn what_does_not_lead_back_to_a_client_is_refused() {
        use InvalidRedirectUri as E;
        for (text, error) in [
            ("http://app.example/cb", E::PlainHttp),
            ("http://127.0.0.1.evil.example/cb", E::PlainHttp),
            ("http://127.0.0.2/cb", E::PlainHttp),
            ("http://LOCALHOST/cb", E::PlainHttp),
            ("javascript:alert(1)", E::Scheme),
            ("JavaScript:alert(1)", E::Scheme),
            ("data:text/html,x", E::Scheme),
            ("file:///etc/passwd", E::Scheme),
            ("HTTP://app.example/cb", E::Scheme),
            ("https:app.example", E::Scheme),
            ("myapp:/cb", E::Scheme),
            ("https://*.example/cb", E::Wildcard),
            ("https://app.example/*", E::Wildcard),
            ("https://app.example/cb#x", InvalidUri::Fragment.into()),
            ("https://me@app.example/cb", InvalidUri::UserInfo.into()),
        ] {
            assert_eq!(RedirectUri::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn only_a_loopback_port_may_differ() {
        let registered = uri("http://127.0.0.1/cb?a=1");
        assert!(registered.matches("http://127.0.0.1:51004/cb?a=1"));
        assert!(registered.matches("http://127.0.0.1/cb?a=1"));
        assert!(uri("http://localhost:1/cb").matches("http://localhost:2/cb"));
        assert!(uri("http://[::1]:1").matches("http://[::1]:2"));
        for requested in [
            "http://127.0.0.1:51004/cb",
            "http://127.0.0.1:51004/cb?a=1&b=2",
            "http://127.0.0.1:51004/cb/?a=1",
            "http://127.0.0.1:/cb?a=1",
            "http://127.0.0.1:0/cb?a=1",
            "http://127.0.0.1:99999/cb?a=1",
            "http://127.0.0.1:+80/cb?a=1",
            "http://127.0.0.1:80@evil.example/cb?a=1",
            "http://127.0.0.1@evil.example/cb?a=1",
            "http://127.0.0.1.evil.example/cb?a=1",
            "http://localhost:51004/cb?a=1",
            "http://[::1]:51004/cb?a=1",
            "https://127.0.0.1:51004/cb?a=1",
            "HTTP://127.0.0.1:51004/cb?a=1",
        ] {
            assert!(!registered.matches(requested), "{requested}");
        }
    }

    #[test]
    fn web_and_private_uris_match_exactly() {
        let registered = uri("https://app.example/cb");
        for requested in [
            "https://app.example:443/cb",
            "https://app.example/cb/",
            "https://app.example/cb?x",
            "https://APP.example/cb",
            "https://app.example/c%62",
        ] {
            assert!(!registered.matches(requested), "{requested}");
        }
        assert!(!uri("com.example.app:/cb").matches("com.example.app://cb"));
    }

    proptest! {
        #[test]
        fn nothing_but_the_text_itself_matches_a_web_uri(other in "https://app.example[/:?a-c.]{0,8}") {
            let registered = uri("https://app.example/cb");
            prop_assert_eq!(registered.matches(&other), other == registered.as_str());
        }

        #[test]
        fn any_port_of_the_loopback_matches_and_nothing_near_it(
            port in 1..=u16::MAX, junk in "[a-z@.:#\\\\]{1,4}"
        ) {
            let registered = uri("http://127.0.0.1:9/cb");
            let same = alloc::format!("http://127.0.0.1:{port}/cb");
            prop_assert!(registered.matches(&same));
            let near = alloc::format!("http://127.0.0.1:{port}{junk}/cb");
            prop_assert!(!registered.matches(&near));
            let other_host = alloc::format!("http://127.0.0.1{junk}:{port}/cb");
            prop_assert!(!registered.matches(&other_host));
        }
    }
}
