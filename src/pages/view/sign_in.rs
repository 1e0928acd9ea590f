//! Sign in: username and password; also the repeated sign-in that `prompt=login` and `max_age`
//! ask for (OpenID Connect Core 1.0, section 3.1.2.1), where the person is already known.
//!
//! The form sends `csrf`, `flow` when there is one, `username` and `password`.

use askama::Template;

use super::{Page, Person, Wait};

/// The sign-in page.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignIn<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// Token against forged requests.
    pub csrf: &'a str,
    /// The authorization under way; none when a person came by themselves.
    pub flow: Option<&'a str>,
    /// The client's name, when a client sent them.
    pub client: Option<&'a str>,
    /// Whose password is asked for.
    pub who: Who<'a>,
    /// Why the last attempt failed.
    pub problem: Option<SignInProblem>,
}

/// Whose password is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    /// Anyone's: the username is typed in. Holds what stands in the field, from `login_hint` or
    /// the last attempt.
    Anyone(&'a str),
    /// That of the person who is signed in already.
    Again {
        /// The person.
        person: Person<'a>,
        /// Where to sign in as someone else instead.
        switch: &'a str,
    },
}

/// Why a sign-in failed, as far as a stranger may know.
#[derive(Clone, Copy, Debug)]
pub enum SignInProblem {
    /// Unknown user, wrong password and disabled account look alike.
    Wrong,
    /// Too many attempts: when the next one counts.
    Throttled(Wait),
    /// All places for checking a password are taken.
    Busy,
}

impl SignIn<'_> {
    fn fields_are_wrong(&self) -> bool {
        matches!(self.problem, Some(SignInProblem::Wrong))
    }

    fn asks_password_only(&self) -> bool {
        !matches!(self.who, Who::Anyone(""))
    }
}

#[cfg(test)]
impl SignIn<'static> {
    pub(crate) fn sample() -> Self {
        Self {
            page: Page::sample(),
            csrf: "csrf-token",
            flow: Some("flow-id"),
            client: Some("Demo Web"),
            who: Who::Anyone(""),
            problem: None,
        }
    }

    pub(crate) fn sample_wrong() -> Self {
        Self {
            who: Who::Anyone("alice"),
            problem: Some(SignInProblem::Wrong),
            ..Self::sample()
        }
    }

    pub(crate) fn sample_throttled() -> Self {
        let wait = Wait(std::time::Duration::from_mins(4));
        Self {
            client: None,
            flow: None,
            who: Who::Anyone("alice"),
            problem: Some(SignInProblem::Throttled(wait)),
            ..Self::sample()
        }
    }

    pub(crate) fn sample_busy() -> Self {
        Self {
            problem: Some(SignInProblem::Busy),
            ..Self::sample_wrong()
        }
    }

    pub(crate) fn sample_again() -> Self {
        let person = Person::sample();
        Self {
            who: Who::Again {
                person,
                switch: "/sign-in?flow=flow-id&switch=1",
            },
            ..Self::sample()
        }
    }
}
