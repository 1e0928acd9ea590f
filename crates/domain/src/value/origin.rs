//! Web origins (RFC 6454 §6.2) that a client's browser code may call from.

use super::text::text_value;
use super::uri::{InvalidUri, Uri, default_port};
use alloc::format;

text_value!(
    /// An origin in the form of the `Origin` header: scheme, host in lowercase, and the port if it is
    /// not the default one. A header is compared with [`Origin::as_str`].
    Origin, InvalidOrigin
);

/// Why a text is no origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrigin {
    /// Not an absolute URI.
    #[error("origin: {0}")]
    Syntax(#[from] InvalidUri),
    /// Another scheme than `http` and `https`.
    #[error("an origin begins with https:// or http://")]
    Scheme,
    /// A path or query, if only `/`.
    #[error("an origin ends after the host and port, such as https://app.example")]
    Path,
}

impl Origin {
    /// Reads an origin to register.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let uri = Uri::split(text)?;
        let scheme = uri.scheme.to_ascii_lowercase();
        let authority = uri.authority.ok_or(InvalidOrigin::Scheme)?;
        if !matches!(scheme.as_str(), "https" | "http") {
            return Err(InvalidOrigin::Scheme);
        }
        if !uri.rest.is_empty() {
            return Err(InvalidOrigin::Path);
        }
        let host = authority.host.to_ascii_lowercase();
        let origin = match authority.port.filter(|p| Some(*p) != default_port(&scheme)) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        };
        Ok(Self(origin.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_the_form_browsers_send() {
        for (text, stored) in [
            ("https://App.Example", "https://app.example"),
            ("https://app.example:443", "https://app.example"),
            ("http://localhost:5173", "http://localhost:5173"),
        ] {
            assert_eq!(Origin::parse(text).unwrap().as_str(), stored);
        }
    }

    #[test]
    fn only_whole_origins_are_accepted() {
        use InvalidOrigin as E;
        for (text, error) in [
            ("https://app.example/", E::Path),
            ("https://app.example?x", E::Path),
            ("ftp://app.example", E::Scheme),
            ("https:app.example", E::Scheme),
            ("null", InvalidUri::NotAbsolute.into()),
            ("*", InvalidUri::NotAbsolute.into()),
            ("https://*.example", InvalidUri::Host.into()),
        ] {
            assert_eq!(Origin::parse(text), Err(error), "{text}");
        }
    }
}
