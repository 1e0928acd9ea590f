//! Sign out: the question that is asked when nobody proves who asks (OpenID Connect RP-Initiated
//! Logout 1.0, section 2), and the page afterwards.
//!
//! The form sends `csrf` and, when a client asked, `flow`.

use askama::Template;

use super::Page;

/// "Do you want to sign out?"
#[derive(Template)]
#[template(path = "sign_out.html")]
pub struct SignOut<'a> {
    /// The frame; its user is the one to be signed out.
    pub page: Page<'a>,
    /// Token against forged requests.
    pub csrf: &'a str,
    /// The sign-out request under way.
    pub flow: Option<&'a str>,
    /// The client that asked.
    pub client: Option<&'a str>,
}

/// "You are signed out."
#[derive(Template)]
#[template(path = "signed_out.html")]
pub struct SignedOut<'a> {
    /// The frame.
    pub page: Page<'a>,
}

#[cfg(test)]
impl SignOut<'static> {
    pub(crate) fn sample() -> Self {
        Self {
            page: Page::sample_signed_in(),
            csrf: "csrf-token",
            flow: Some("flow-id"),
            client: Some("Demo Web"),
        }
    }
}

#[cfg(test)]
impl SignedOut<'static> {
    pub(crate) fn sample() -> Self {
        Self {
            page: Page::sample(),
        }
    }
}
