//! The first administrator, behind the one-time link that the terminal showed: a username and a
//! password, and the realm has someone who can sign in.
//!
//! The form sends `csrf`, `token`, `username`, `new_password` and `new_password_again`.

use askama::Template;

use super::{Page, PasswordProblem};

/// The set-up page.
#[derive(Template)]
#[template(path = "first_admin.html")]
pub struct FirstAdmin<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// Token against forged requests.
    pub csrf: &'a str,
    /// The secret from the link.
    pub token: &'a str,
    /// What stands in the username field.
    pub username: &'a str,
    /// Why the username was not taken, as a sentence.
    pub username_problem: Option<&'a str>,
    /// The fewest characters a password may have.
    pub min_length: usize,
    /// Why the password was not taken.
    pub problem: Option<PasswordProblem>,
}

#[cfg(test)]
impl FirstAdmin<'static> {
    pub(crate) fn sample() -> Self {
        Self {
            page: Page::sample(),
            csrf: "csrf-token",
            token: "one-time-token",
            username: "",
            username_problem: None,
            min_length: 12,
            problem: None,
        }
    }

    pub(crate) fn sample_refused() -> Self {
        Self {
            username: "a b",
            username_problem: Some("A username has no spaces."),
            problem: Some(PasswordProblem::Different),
            ..Self::sample()
        }
    }
}
