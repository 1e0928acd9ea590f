//! The generic syntax of URIs (RFC 3986 §3), split but never rewritten.
//!
//! URL libraries normalise what they parse (dot segments, escapes, slashes); identifiers and
//! redirect URIs are compared byte by byte, so this takes them apart and leaves every byte alone.

use core::net::Ipv6Addr;

/// The longest URI accepted anywhere, in bytes.
const MAX_BYTES: usize = 2048;

/// What is wrong with the syntax of a URI.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUri {
    /// Over 2048 bytes.
    #[error("longer than {MAX_BYTES} bytes")]
    TooLong,
    /// A character that RFC 3986 does not allow unescaped, or a broken escape.
    #[error("contains a space, a backslash or another character that must be percent-encoded")]
    Character,
    /// No scheme, or nothing after it.
    #[error("not an absolute URI: expected a scheme such as \"https:\" and something after it")]
    NotAbsolute,
    /// `#...`
    #[error("must not have a fragment (\"#\")")]
    Fragment,
    /// `user@` or `user:password@` before the host.
    #[error("must not have user information (\"user@\")")]
    UserInfo,
    /// A host that is missing or malformed.
    #[error("the host is missing or malformed (write other scripts as \"xn--\")")]
    Host,
    /// Not a number up to 65535.
    #[error("the port is not a number from 1 to 65535")]
    Port,
}

/// A URI without fragment and user information, as slices of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Uri<'a> {
    /// As written, without `:`.
    pub scheme: &'a str,
    /// Host and port, where the scheme is followed by `//`.
    pub authority: Option<Authority<'a>>,
    /// Path and query, as written.
    pub rest: &'a str,
}

/// Host and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Authority<'a> {
    /// As written; brackets around an IPv6 address included.
    pub host: &'a str,
    /// Without `:`.
    pub port: Option<u16>,
}

impl<'a> Uri<'a> {
    /// Takes an absolute URI apart.
    pub(super) fn split(text: &'a str) -> Result<Self, InvalidUri> {
        if text.len() > MAX_BYTES {
            return Err(InvalidUri::TooLong);
        }
        if text.contains('#') {
            return Err(InvalidUri::Fragment);
        }
        check_characters(text)?;
        let (scheme, after) = text.split_once(':').ok_or(InvalidUri::NotAbsolute)?;
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !is_scheme || after.is_empty() {
            return Err(InvalidUri::NotAbsolute);
        }
        let (authority, rest) = match after.strip_prefix("//") {
            None => (None, after),
            Some(after) => {
                let end = after.find(['/', '?']).unwrap_or(after.len());
                let (authority, rest) = after.split_at(end);
                let authority = Authority::split(authority)?;
                // `file:///x` and `com.example.app:///x` have no host; the web's schemes need one.
                if authority.host.is_empty() && default_port(&scheme.to_ascii_lowercase()).is_some()
                {
                    return Err(InvalidUri::Host);
                }
                (Some(authority), rest)
            }
        };
        // Brackets are only for IPv6 hosts (RFC 3986 §3.2.2).
        if rest.contains(['[', ']']) {
            return Err(InvalidUri::Character);
        }
        Ok(Self {
            scheme,
            authority,
            rest,
        })
    }

    /// The path, without the query.
    pub(super) fn path(&self) -> &'a str {
        self.rest.split('?').next().unwrap_or_default()
    }

    /// Whether there is a query, even an empty one.
    pub(super) fn has_query(&self) -> bool {
        self.rest.contains('?')
    }

    /// Whether this is `http` to this very machine (RFC 8252 §7.3, and `localhost`). Spelled exactly
    /// so, in lowercase.
    pub(super) fn is_loopback_http(&self) -> bool {
        self.scheme == "http"
            && self
                .authority
                .is_some_and(|a| matches!(a.host, "127.0.0.1" | "[::1]" | "localhost"))
    }
}

impl<'a> Authority<'a> {
    fn split(text: &'a str) -> Result<Self, InvalidUri> {
        if text.contains('@') {
            return Err(InvalidUri::UserInfo);
        }
        let (host, port) = match text.rfind(':') {
            Some(colon) if !text[colon..].contains(']') => {
                (&text[..colon], Some(parse_port(&text[colon + 1..])?))
            }
            _ => (text, None),
        };
        let valid = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => {
                host.is_empty() == text.is_empty()
                    && host
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
            }
        };
        if !valid {
            return Err(InvalidUri::Host);
        }
        Ok(Self { host, port })
    }
}

/// Reads a port: one to five digits, no sign, not zero.
pub(super) fn parse_port(text: &str) -> Result<u16, InvalidUri> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(InvalidUri::Port);
    }
    match text.parse() {
        Ok(0) | Err(_) => Err(InvalidUri::Port),
        Ok(port) => Ok(port),
    }
}

/// The port a scheme has when none is written.
pub(super) fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" | "wss" => Some(443),
        "http" | "ws" => Some(80),
        _ => None,
    }
}

fn check_characters(text: &str) -> Result<(), InvalidUri> {
    let bytes = text.as_bytes();
    let hex = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_hexdigit);
    let legal = bytes.iter().enumerate().all(|(i, b)| match b {
        b'%' => hex(i + 1) && hex(i + 2),
        b => b.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=".contains(b),
    });
    if legal {
        Ok(())
    } else {
        Err(InvalidUri::Character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_taken_apart_and_left_alone() {
        let uri = Uri::split("HTTPS://Host.example:8443/a/../b%2f?x=1").unwrap();
        let authority = uri.authority.unwrap();
        assert_eq!(uri.scheme, "HTTPS");
        assert_eq!(authority.host, "Host.example");
        assert_eq!(authority.port, Some(8443));
        assert_eq!(uri.rest, "/a/../b%2f?x=1");
        assert_eq!(uri.path(), "/a/../b%2f");
        assert_eq!(Uri::split("urn:example:photos").unwrap().authority, None);
        let v6 = Uri::split("http://[::1]/cb").unwrap();
        assert_eq!(v6.authority.unwrap().host, "[::1]");
        assert!(v6.is_loopback_http());
    }

    #[test]
    fn malformed_uris_are_refused_by_name() {
        use InvalidUri as E;
        for (text, error) in [
            ("photos", E::NotAbsolute),
            ("/photos", E::NotAbsolute),
            ("https:", E::NotAbsolute),
            ("1https://h/", E::NotAbsolute),
            ("https://h/#", E::Fragment),
            ("https://h/a b", E::Character),
            ("https://h\\evil/", E::Character),
            ("https://h/%zz", E::Character),
            ("https://h/%2", E::Character),
            ("https://h/\u{e9}", E::Character),
            ("https://h/\r\n", E::Character),
            ("https://h/[x]", E::Character),
            ("https://user@h/", E::UserInfo),
            ("https://h:80@evil/", E::UserInfo),
            ("https:///path", E::Host),
            ("https://:80/", E::Host),
            ("urn://:80/", E::Host),
            ("https://*.h/", E::Host),
            ("https://h%2e/", E::Host),
            ("https://[::g]/", E::Host),
            ("https://[::1/", E::Host),
            ("https://h:/", E::Port),
            ("https://h:0/", E::Port),
            ("https://h:+80/", E::Port),
            ("https://h:65536/", E::Port),
        ] {
            assert_eq!(Uri::split(text), Err(error), "{text}");
        }
        let long = alloc::format!("https://h/{}", "a".repeat(2048));
        assert_eq!(Uri::split(&long), Err(E::TooLong));
    }
}
