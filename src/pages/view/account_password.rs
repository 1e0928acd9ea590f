//! My account, the password.
//!
//! The form sends `csrf`, `current_password`, `new_password` and `new_password_again`.

use askama::Template;

use super::{Page, PasswordProblem, Wait};

/// The password page.
#[derive(Template)]
#[template(path = "account/password.html")]
pub struct AccountPassword<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// Token against forged requests.
    pub csrf: &'a str,
    /// Whose password changes; password managers read it.
    pub username: &'a str,
    /// The fewest characters a password may have.
    pub min_length: usize,
    /// Why the last attempt failed.
    pub problem: Option<PasswordProblem>,
    /// Too many wrong current passwords: when the next one counts.
    pub throttled: Option<Wait>,
    /// Whether the password was just changed.
    pub saved: bool,
}

#[cfg(test)]
impl AccountPassword<'static> {
    pub(crate) fn sample() -> Self {
        Self {
            page: Page::sample_signed_in(),
            csrf: "csrf-token",
            username: "alice",
            min_length: 12,
            problem: None,
            throttled: None,
            saved: true,
        }
    }

    pub(crate) fn sample_refused() -> Self {
        Self {
            problem: Some(PasswordProblem::WrongCurrent),
            saved: false,
            ..Self::sample()
        }
    }
}
