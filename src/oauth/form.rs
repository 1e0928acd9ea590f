//! The form that a client posts to us (RFC 6749 appendix B): every parameter at most once, but for
//! `resource` (RFC 8707 §2).

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;

use crate::app::App;
use crate::error::OAuthError;
use crate::http::form::Form;

const TYPE: &str = "application/x-www-form-urlencoded";

/// What a client posts.
pub struct Body(pub Bytes);

impl FromRequest<App> for Body {
    type Rejection = OAuthError;

    async fn from_request(request: Request, app: &App) -> Result<Self, OAuthError> {
        let read = Bytes::from_request(request, app).await;
        read.map(Self).map_err(|refused| {
            OAuthError::invalid_request(match refused.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => "the body is too large",
                _ => "the body did not come whole",
            })
        })
    }
}

/// Reads the form of a request.
pub fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Form, OAuthError> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = content_type
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    if !essence.trim().eq_ignore_ascii_case(TYPE) {
        let reason = "the body must be a form: application/x-www-form-urlencoded";
        return Err(OAuthError::invalid_request(reason));
    }
    read(body)
}

/// Reads a body that is a form.
pub fn read(body: &[u8]) -> Result<Form, OAuthError> {
    let form = Form::parse(body)?;
    match form.repeated(&["resource"]) {
        Some(name) => Err(OAuthError::invalid_request(format!(
            "{name} is given more than once"
        ))),
        None => Ok(form),
    }
}

/// A parameter that must be there.
pub fn required<'a>(form: &'a Form, name: &'static str) -> Result<&'a str, OAuthError> {
    form.get(name)
        .ok_or_else(|| OAuthError::invalid_request(format!("{name} is missing")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(content_type: &str, body: &str) -> Result<Form, OAuthError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        parse(&headers, body.as_bytes())
    }

    #[test]
    fn only_a_form_is_read() {
        assert!(parsed(TYPE, "a=1").is_ok());
        assert!(parsed("Application/X-WWW-Form-Urlencoded; charset=utf-8", "a=1").is_ok());
        assert!(parsed("application/json", "{}").is_err());
        assert!(parse(&HeaderMap::new(), b"a=1").is_err());
    }

    #[test]
    fn only_a_resource_may_come_twice() {
        assert!(parsed(TYPE, "resource=a&resource=b&scope=c").is_ok());
        assert!(parsed(TYPE, "scope=a&scope=b").is_err());
        assert!(parsed(TYPE, "client_id=a&client_id=a").is_err());
    }

    #[test]
    fn a_parameter_without_value_is_missing() {
        let form = parsed(TYPE, "code=&token=x").unwrap();
        assert!(required(&form, "code").is_err());
        assert_eq!(required(&form, "token"), Ok("x"));
    }
}
