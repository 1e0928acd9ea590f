//! The URL of somebody else's endpoint.

use std::fmt;

use reqwest::Url;
use url::Host;

/// An http or https URL without user name, password or fragment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint(Url);

/// Not the URL of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpoint {
    /// Not a URL.
    #[error("not a URL, as \"https://receiver.example/events\"")]
    Url,
    /// Neither http nor https.
    #[error("neither https nor http")]
    Scheme,
    /// It holds a user name or a password: those belong into a header.
    #[error("must not hold a user name or a password")]
    Credentials,
    /// It has a fragment, which is never sent.
    #[error("must not have a fragment")]
    Fragment,
}

impl Endpoint {
    /// Reads a URL.
    pub fn parse(text: &str) -> Result<Self, InvalidEndpoint> {
        let url = Url::parse(text).map_err(|_| InvalidEndpoint::Url)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(InvalidEndpoint::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidEndpoint::Credentials);
        }
        if url.fragment().is_some() {
            return Err(InvalidEndpoint::Fragment);
        }
        Ok(Self(url))
    }

    /// The URL in its normal form.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Scheme, host and port: what a secret is entrusted to.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Whether it is reached by TLS.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The host. Every spelling of an IPv4 address, as `0x7f.1`, is the address.
    pub(super) fn host(&self) -> Option<Host<&str>> {
        self.0.host()
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_an_http_url_without_secrets() {
        let endpoint = Endpoint::parse("HTTPS://Receiver.Example:443/a?b=c").unwrap();
        assert_eq!(endpoint.as_str(), "https://receiver.example/a?b=c");
        assert_eq!(endpoint.origin(), "https://receiver.example");
        for (text, error) in [
            ("", InvalidEndpoint::Url),
            ("/events", InvalidEndpoint::Url),
            ("https://", InvalidEndpoint::Url),
            ("ftp://receiver.example/", InvalidEndpoint::Scheme),
            ("file:///etc/passwd", InvalidEndpoint::Scheme),
            ("https://u@receiver.example/", InvalidEndpoint::Credentials),
            ("https://:p@receiver.example/", InvalidEndpoint::Credentials),
            ("https://receiver.example/#a", InvalidEndpoint::Fragment),
        ] {
            assert_eq!(Endpoint::parse(text), Err(error), "{text:?}");
        }
    }
}
