//! `resource`: the identifier of an API (RFC 8707 §2), compared in canonical form.
//!
//! Clients differ in the slash after a bare host and in the case of host names, so these do not
//! matter; everything else does, byte by byte. Nothing matches by prefix.

use super::text::{text_schema, text_traits};
use super::uri::{InvalidUri, Uri, default_port};
use alloc::{format, string::String, sync::Arc};
use core::cmp::Ordering;
use core::hash::{Hash, Hasher};

/// An absolute URI without fragment; URNs are legal. Two are equal if their canonical forms are;
/// the text stays as it was written, because it becomes `aud`.
#[derive(Clone, Debug)]
pub struct ResourceUri {
    text: Arc<str>,
    canonical: Arc<str>,
}

/// Why a text cannot identify an API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a resource identifier is an absolute URI: {0}")]
pub struct InvalidResourceUri(#[from] InvalidUri);

impl ResourceUri {
    /// Reads an identifier.
    pub fn parse(text: &str) -> Result<Self, InvalidResourceUri> {
        let canonical = canonical(&Uri::split(text)?);
        let text: Arc<str> = text.into();
        let canonical = if *canonical == *text {
            Arc::clone(&text)
        } else {
            canonical.into()
        };
        Ok(Self { text, canonical })
    }

    /// The identifier as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The form that registries are keyed by: scheme and host in lowercase, no default port, an
    /// empty path written as `/`.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// Whether both name the same API.
    pub fn matches(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

fn canonical(uri: &Uri<'_>) -> String {
    let scheme = uri.scheme.to_ascii_lowercase();
    let Some(authority) = uri.authority else {
        return format!("{scheme}:{}", uri.rest);
    };
    let host = authority.host.to_ascii_lowercase();
    let slash = if uri.rest.starts_with('/') { "" } else { "/" };
    match authority
        .port
        .filter(|port| Some(*port) != default_port(&scheme))
    {
        Some(port) => format!("{scheme}://{host}:{port}{slash}{}", uri.rest),
        None => format!("{scheme}://{host}{slash}{}", uri.rest),
    }
}

impl PartialEq for ResourceUri {
    fn eq(&self, other: &Self) -> bool {
        self.matches(other)
    }
}

impl Eq for ResourceUri {}

impl PartialOrd for ResourceUri {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ResourceUri {
    fn cmp(&self, other: &Self) -> Ordering {
        self.canonical.cmp(&other.canonical)
    }
}

impl Hash for ResourceUri {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical.hash(state);
    }
}

text_traits!(ResourceUri, InvalidResourceUri);
text_schema!(
    ResourceUri,
    Some("uri"),
    "What identifies an API: an absolute URI without fragment."
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resource(text: &str) -> ResourceUri {
        ResourceUri::parse(text).unwrap()
    }

    #[test]
    fn a_bare_host_matches_with_and_without_slash() {
        let registered = resource("https://photos.example");
        for requested in [
            "https://photos.example/",
            "HTTPS://Photos.Example",
            "https://photos.example:443/",
        ] {
            assert!(registered.matches(&resource(requested)), "{requested}");
        }
        assert_eq!(registered.as_str(), "https://photos.example");
        assert_eq!(registered.canonical(), "https://photos.example/");
    }

    #[test]
    fn everything_else_is_compared_byte_by_byte() {
        let registered = resource("https://photos.example/api");
        for requested in [
            "https://photos.example/api/",
            "https://photos.example/API",
            "https://photos.example/x/../api",
            "https://photos.example/%61pi",
            "https://photos.example//api",
            "https://photos.example/api?",
            "https://photos.example:8443/api",
            "http://photos.example/api",
            "https://photos.example./api",
            "https://photos.example/api/v1",
        ] {
            assert!(!registered.matches(&resource(requested)), "{requested}");
        }
    }

    #[test]
    fn urns_and_queries_are_legal() {
        assert_eq!(resource("URN:example:A").canonical(), "urn:example:A");
        assert_eq!(resource("https://h?x=/").canonical(), "https://h/?x=/");
    }

    #[test]
    fn the_error_says_what_is_wrong() {
        assert_eq!(
            alloc::format!("{}", ResourceUri::parse("https://h/#x").unwrap_err()),
            "a resource identifier is an absolute URI: must not have a fragment (\"#\")"
        );
    }

    proptest! {
        #[test]
        fn canonical_is_its_own_canonical(
            text in "(https?|HTTPS|urn|ws):(//)?[A-Za-z0-9.-]{1,12}(:(443|80|8443))?(/[a-zA-Z%.]{0,6}){0,3}(\\?[a-z=/]{0,5})?"
        ) {
            if let Ok(uri) = ResourceUri::parse(&text) {
                let again = resource(uri.canonical());
                prop_assert_eq!(again.canonical(), uri.canonical());
                prop_assert_eq!(again.as_str(), again.canonical());
            }
        }
    }
}
