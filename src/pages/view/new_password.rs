//! A new password that the sign-in demands before it goes on: for one that an administrator set,
//! or that has to change.
//!
//! The form sends `csrf`, `flow` when there is one, `new_password` and `new_password_again`.

use std::fmt;

use askama::Template;
use domain::value::InvalidPassword;

use super::Page;

/// The page between a right password and the signed-in person.
#[derive(Template)]
#[template(path = "new_password.html")]
pub struct NewPassword<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// Token against forged requests.
    pub csrf: &'a str,
    /// The authorization under way.
    pub flow: Option<&'a str>,
    /// Whose password changes; password managers read it.
    pub username: &'a str,
    /// The fewest characters a password may have.
    pub min_length: usize,
    /// Why the last attempt failed.
    pub problem: Option<PasswordProblem>,
}

/// Why a new password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordProblem {
    /// Fewer characters than the minimum.
    TooShort,
    /// More bytes than are hashed.
    TooLong,
    /// Among those that are tried first, or made of the username.
    TooEasy,
    /// It has characters that keyboards differ in.
    Unusable,
    /// The two entries differ.
    Different,
    /// It is the old one.
    Unchanged,
    /// The current password, asked for beside the new one, is wrong.
    WrongCurrent,
}

impl From<InvalidPassword> for PasswordProblem {
    fn from(invalid: InvalidPassword) -> Self {
        match invalid {
            InvalidPassword::TooShort => Self::TooShort,
            InvalidPassword::TooLong => Self::TooLong,
            InvalidPassword::Control => Self::Unusable,
        }
    }
}

impl PasswordProblem {
    /// Whether the first entry of the new password is at fault.
    pub(super) fn in_new(self) -> bool {
        !matches!(self, Self::Different | Self::WrongCurrent)
    }
}

impl fmt::Display for PasswordProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "That password is too short.",
            Self::TooLong => "That password is too long.",
            Self::TooEasy => {
                "That password is too easy to guess. Choose one that nobody else uses."
            }
            Self::Unusable => "That password has a control character in it. Choose one without.",
            Self::Different => "The two entries differ. Type the new password twice.",
            Self::Unchanged => "That is the old password. Choose another one.",
            Self::WrongCurrent => "The current password is wrong.",
        })
    }
}

#[cfg(test)]
impl NewPassword<'static> {
    pub(crate) fn sample() -> Self {
        Self {
            page: Page::sample(),
            csrf: "csrf-token",
            flow: Some("flow-id"),
            username: "alice",
            min_length: 12,
            problem: None,
        }
    }

    pub(crate) fn sample_refused() -> Self {
        Self {
            problem: Some(PasswordProblem::TooEasy),
            ..Self::sample()
        }
    }
}
