//! Cookies of ours: never readable by scripts, sent to this host only (RFC 6265bis §4.1.3.2).

use axum::http::{HeaderMap, HeaderValue, header};
use domain::value::Issuer;

/// A cookie of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// The session.
    Session,
    /// Binds forms to the browser that asked for them.
    Form,
    /// Makes a device known again, so that strangers cannot lock its owner out.
    Device,
}

impl Cookie {
    fn name(self, issuer: &Issuer) -> &'static str {
        match (self, issuer.is_https()) {
            (Self::Session, true) => "__Host-chancery",
            (Self::Session, false) => "chancery",
            (Self::Form, true) => "__Host-chancery-form",
            (Self::Form, false) => "chancery-form",
            (Self::Device, true) => "__Host-chancery-device",
            (Self::Device, false) => "chancery-device",
        }
    }

    /// The value that the browser sent.
    pub fn get(self, issuer: &Issuer, headers: &HeaderMap) -> Option<String> {
        let name = self.name(issuer);
        let lines = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok());
        lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value.to_owned())
    }

    /// Sets the cookie, for so many seconds or until the browser closes. The value is base64url.
    pub fn set(self, issuer: &Issuer, value: &str, seconds: Option<i64>) -> HeaderValue {
        let secure = if issuer.is_https() { "; Secure" } else { "" };
        let age = seconds
            .map(|seconds| format!("; Max-Age={seconds}"))
            .unwrap_or_default();
        let text = format!(
            "{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}",
            self.name(issuer)
        );
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// Takes the cookie away.
    pub fn clear(self, issuer: &Issuer) -> HeaderValue {
        self.set(issuer, "", Some(0))
    }
}
