//! Why an authorization request is refused: an OAuth error code and words for the developer.

use std::borrow::Cow;

use crate::error::Code;

/// An error of RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6 or RFC 8707 §2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// The error code.
    pub code: Code,
    /// What is wrong and what to do about it.
    pub description: Cow<'static, str>,
}

impl Problem {
    /// A problem with this code.
    pub(super) fn new(code: Code, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            description: description.into(),
        }
    }

    /// `invalid_request`
    pub(super) fn invalid(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InvalidRequest, description)
    }
}
