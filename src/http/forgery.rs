//! Forms are only taken from the browser that asked for them, and from pages of ours.
//!
//! Each form carries an HMAC over a random cookie of that browser; and a browser that says where a
//! request comes from (`Sec-Fetch-Site`, `Origin`) must name us.

use aws_lc_rs::hmac;
use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::cookies::Cookie;
use super::form::Form;
use crate::app::App;

/// A token for a form, and the cookie to set with it where the browser has none.
pub struct Guard {
    /// Goes into the form as `csrf`.
    pub token: String,
    /// Goes into the answer.
    pub cookie: Option<HeaderValue>,
}

/// Makes a token for a form.
pub fn guard(app: &App, headers: &HeaderMap) -> Guard {
    let issuer = &app.config.issuer;
    let sent = Cookie::Form.get(issuer, headers);
    if let Some(value) = sent.filter(|value| !value.is_empty()) {
        return Guard {
            token: token(app, &value),
            cookie: None,
        };
    }
    let value = URL_SAFE_NO_PAD.encode(app.rng.bytes::<16>());
    Guard {
        token: token(app, &value),
        cookie: Some(Cookie::Form.set(issuer, &value, None)),
    }
}

/// Whether a form comes from a page of ours, in the browser that asked for it.
pub fn is_ours(app: &App, headers: &HeaderMap, form: &Form) -> bool {
    is_same_origin(app, headers)
        && Cookie::Form
            .get(&app.config.issuer, headers)
            .is_some_and(|value| {
                let given = form
                    .get("csrf")
                    .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
                given.is_some_and(|tag| {
                    hmac::verify(&app.secrets.csrf, value.as_bytes(), &tag).is_ok()
                })
            })
}

fn is_same_origin(app: &App, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    headers.get(header::ORIGIN).is_none_or(|origin| {
        origin
            .to_str()
            .is_ok_and(|origin| origin == app.config.issuer.origin())
    })
}

fn token(app: &App, cookie: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(&app.secrets.csrf, cookie.as_bytes()))
}
