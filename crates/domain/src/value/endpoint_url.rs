//! Where the program itself sends something: push receivers, back-channel logout.

use alloc::format;
use alloc::string::String;

use super::text::text_value;
use super::uri::{InvalidUri, Uri, default_port};

text_value!(
    /// An `https` or `http` URL that the program posts to, byte for byte as it was given. Whether its
    /// host may be reached, and whether `http` will do, is decided when it is dialled.
    EndpointUrl, InvalidEndpointUrl
);

/// Why a text is no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpointUrl {
    /// Not an absolute URI.
    #[error("endpoint: {0}")]
    Syntax(#[from] InvalidUri),
    /// Another scheme than `https` and `http`.
    #[error("an endpoint begins with https:// (or http://, where the operator allows it)")]
    Scheme,
}

impl EndpointUrl {
    /// Reads an endpoint.
    pub fn parse(text: &str) -> Result<Self, InvalidEndpointUrl> {
        let uri = Uri::split(text)?;
        let is_web = ["https", "http"]
            .iter()
            .any(|scheme| uri.scheme.eq_ignore_ascii_case(scheme));
        if !is_web || uri.authority.is_none() {
            return Err(InvalidEndpointUrl::Scheme);
        }
        Ok(Self(text.into()))
    }

    /// Scheme, host and port in one spelling: who is sent something (RFC 6454 §4).
    pub fn origin(&self) -> String {
        let (scheme, host, port) = Uri::split(self.as_str())
            .ok()
            .and_then(|uri| {
                let authority = uri.authority?;
                let scheme = uri.scheme.to_ascii_lowercase();
                let port = authority.port.or_else(|| default_port(&scheme));
                Some((scheme, authority.host.to_ascii_lowercase(), port))
            })
            .unwrap_or_default();
        format!("{scheme}://{host}:{}", port.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_of_the_web() {
        for text in [
            "https://rx.example/events",
            "http://127.0.0.1:8604/",
            "HTTPS://RX.example",
        ] {
            assert_eq!(EndpointUrl::parse(text).unwrap().as_str(), text);
        }
        for text in ["ftp://rx.example/", "https:rx", "mailto:a@b.example"] {
            assert_eq!(EndpointUrl::parse(text), Err(InvalidEndpointUrl::Scheme));
        }
        assert!(matches!(
            EndpointUrl::parse("https://user@rx.example/"),
            Err(InvalidEndpointUrl::Syntax(InvalidUri::UserInfo))
        ));
    }

    #[test]
    fn an_origin_has_one_spelling() {
        let origin = |text| EndpointUrl::parse(text).unwrap().origin();
        assert_eq!(
            origin("https://RX.example/a"),
            origin("HTTPS://rx.example:443/b?c")
        );
        assert_ne!(origin("https://rx.example/"), origin("http://rx.example/"));
        assert_ne!(
            origin("https://rx.example/"),
            origin("https://rx.example:8443/")
        );
    }
}
