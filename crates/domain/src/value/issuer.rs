//! The issuer identifier (RFC 8414 §2, RFC 9207 §2): compared by everyone as plain text.

use super::text::text_value;
use super::uri::{InvalidUri, Uri, default_port};
use alloc::format;

text_value!(
    /// The URL that names this server: `https`, or `http` on the loopback; no query, no fragment, no
    /// slash at the end. Host in lowercase, no default port, so that it has one spelling.
    Issuer, InvalidIssuer
);

/// Why a text cannot be the issuer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIssuer {
    /// Not an absolute URI.
    #[error("issuer: {0}")]
    Syntax(#[from] InvalidUri),
    /// Neither `https` nor `http` on the loopback.
    #[error("issuer: begins with https:// (http:// only for 127.0.0.1, [::1] and localhost)")]
    Scheme,
    /// RFC 8414 §2 allows neither query nor fragment.
    #[error("issuer: must not have a query (\"?\")")]
    Query,
    /// A path that URL libraries would rewrite.
    #[error("issuer: the path must not have empty, \".\" or \"..\" segments")]
    Path,
}

impl Issuer {
    /// Reads an issuer; slashes at its end are dropped.
    pub fn parse(text: &str) -> Result<Self, InvalidIssuer> {
        let uri = Uri::split(text)?;
        let (Some(authority), true) = (
            uri.authority,
            uri.scheme == "https" || uri.is_loopback_http(),
        ) else {
            return Err(InvalidIssuer::Scheme);
        };
        if uri.has_query() {
            return Err(InvalidIssuer::Query);
        }
        let path = uri.path().trim_end_matches('/');
        if path
            .split('/')
            .skip(1)
            .any(|s| matches!(s, "" | "." | ".."))
        {
            return Err(InvalidIssuer::Path);
        }
        let (scheme, host) = (uri.scheme, authority.host.to_ascii_lowercase());
        let issuer = match authority.port.filter(|p| Some(*p) != default_port(scheme)) {
            Some(port) => format!("{scheme}://{host}:{port}{path}"),
            None => format!("{scheme}://{host}{path}"),
        };
        Ok(Self(issuer.into()))
    }

    /// Scheme, host and port: the origin of our own pages, and where well-known paths are inserted.
    pub fn origin(&self) -> &str {
        &self.0[..self.path_start()]
    }

    /// The path: empty, or beginning and not ending with a slash.
    pub fn path(&self) -> &str {
        &self.0[self.path_start()..]
    }

    /// Host and port, as the `Host` header has them.
    pub fn host(&self) -> &str {
        let origin = self.origin();
        origin.split_once("://").map_or(origin, |(_, host)| host)
    }

    /// Whether browsers may be told to use secure cookies and HTTPS only.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    fn path_start(&self) -> usize {
        let host = "http://".len() + usize::from(self.is_https());
        self.0[host..].find('/').map_or(self.0.len(), |i| host + i)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_has_one_spelling() {
        for (text, stored, origin, path, host) in [
            (
                "https://ID.example:443/",
                "https://id.example",
                "https://id.example",
                "",
                "id.example",
            ),
            (
                "https://h.example:8443/a/b//",
                "https://h.example:8443/a/b",
                "https://h.example:8443",
                "/a/b",
                "h.example:8443",
            ),
            (
                "http://127.0.0.1:8600",
                "http://127.0.0.1:8600",
                "http://127.0.0.1:8600",
                "",
                "127.0.0.1:8600",
            ),
        ] {
            let issuer = Issuer::parse(text).unwrap();
            assert_eq!(issuer.as_str(), stored);
            assert_eq!(issuer.origin(), origin);
            assert_eq!(issuer.path(), path);
            assert_eq!(issuer.host(), host);
        }
    }

    #[test]
    fn what_clients_could_not_compare_is_refused() {
        use InvalidIssuer as E;
        for (text, error) in [
            ("http://id.example", E::Scheme),
            ("urn:id", E::Scheme),
            ("HTTPS://id.example", E::Scheme),
            ("https://id.example?x=1", E::Query),
            ("https://id.example//a", E::Path),
            ("https://id.example/../a", E::Path),
            ("https://id.example#x", InvalidUri::Fragment.into()),
            ("id.example", InvalidUri::NotAbsolute.into()),
        ] {
            assert_eq!(Issuer::parse(text), Err(error), "{text}");
        }
    }
}
