//! HTTP Basic credentials of clients and APIs (RFC 7617, RFC 6749 §2.3.1).

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::OAuthError;
use crate::http::form;

/// The user-pass of an `Authorization: Basic` header, decoded from base64.
#[derive(Debug)]
pub(super) struct Basic(String);

/// The credentials, if the request has any in its header.
pub(super) fn credentials(headers: &HeaderMap) -> Result<Option<Basic>, OAuthError> {
    let malformed = || OAuthError::invalid_client("the Authorization header cannot be understood");
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, another) = (values.next(), values.next());
    let Some(value) = value else { return Ok(None) };
    let text = value
        .to_str()
        .ok()
        .filter(|_| another.is_none())
        .ok_or_else(malformed)?;
    let (scheme, encoded) = text.split_once(' ').ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return Err(malformed());
    }
    let decoded = STANDARD
        .decode(encoded.trim())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(Some(Basic(decoded.ok_or_else(malformed)?)))
}

impl Basic {
    /// Id and secret of a client, each form-encoded as the specification wants it.
    pub(super) fn of_client(&self) -> Option<(String, String)> {
        decoded(self.0.split_once(':')?)
    }

    /// Id and secret of an API. Its id may be a URL that was not encoded: the last colon divides.
    pub(super) fn of_api(&self) -> Option<(String, String)> {
        decoded(self.0.rsplit_once(':')?)
    }
}

fn decoded((id, secret): (&str, &str)) -> Option<(String, String)> {
    let decode = |text: &str| Some(form::decode(text).ok()?.into_owned());
    Some((decode(id)?, decode(secret)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(header: &str) -> Result<Option<Basic>, OAuthError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, header.parse().unwrap());
        credentials(&headers)
    }

    fn basic(text: &str) -> Basic {
        parse(&format!("basic {}", STANDARD.encode(text)))
            .unwrap()
            .unwrap()
    }

    #[expect(clippy::unnecessary_wraps, reason = "compared with an answer")]
    fn pair(id: &str, secret: &str) -> Option<(String, String)> {
        Some((id.into(), secret.into()))
    }

    #[test]
    fn id_and_secret_are_form_encoded() {
        assert_eq!(basic("web:a%2Bb+c").of_client(), pair("web", "a+b c"));
        assert_eq!(basic("a%3Ab:c:d").of_client(), pair("a:b", "c:d"));
        assert_eq!(basic("web").of_client(), None);
        assert_eq!(basic("web:100%").of_client(), None);
    }

    #[test]
    fn an_api_may_write_its_url_as_it_is() {
        let expected = pair("https://photos.example/", "secret");
        assert_eq!(basic("https://photos.example/:secret").of_api(), expected);
        assert_eq!(
            basic("https%3A%2F%2Fphotos.example%2F:secret").of_api(),
            expected
        );
    }

    #[test]
    fn no_header_is_no_error_and_another_scheme_is() {
        assert!(credentials(&HeaderMap::new()).unwrap().is_none());
        for header in ["Basic", "Basic !", "Bearer abc", "Basic /w=="] {
            assert!(parse(header).is_err(), "{header}");
        }
    }
}
