//! The views: one struct per page, holding exactly what the page shows, and its askama template.
//!
//! A missing value is a build error, everything is escaped, and no view reads a clock: what is
//! relative to now is given `now`. Every view has a `sample()`, which the tests render.

mod account_apps;
mod account_password;
mod account_profile;
mod account_sessions;
mod consent;
mod device;
mod error;
mod first_admin;
mod form_post;
mod new_password;
mod sign_in;
mod sign_out;
mod time;

#[cfg(test)]
mod tests;

pub use account_apps::{AccountApps, AllowedApi, AllowedApp};
pub use account_password::AccountPassword;
pub use account_profile::{AccountProfile, EDITABLE_CLAIMS, ProfileField};
pub use account_sessions::{AccountSessions, Session};
pub use consent::{ApiGroup, ApiScope, Consent, Destination, SharedClaim};
pub use device::device;
pub use error::{Detail, ErrorPage, Problem};
pub use first_admin::FirstAdmin;
pub use form_post::FormPost;
pub use new_password::{NewPassword, PasswordProblem};
pub use sign_in::{SignIn, SignInProblem, Who};
pub use sign_out::{SignOut, SignedOut};
pub use time::{Moment, Wait};

/// What frames every page.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The realm's name as people know it.
    pub realm: &'a str,
    /// The issuer's path, which every address begins with: empty, or `/auth`.
    pub base: &'a str,
    /// Who is signed in, where the page should say so.
    pub user: Option<Person<'a>>,
}

impl Page<'_> {
    /// The letter in the seal: the realm's initial.
    fn initial(&self) -> String {
        let letter = self
            .realm
            .chars()
            .find(|c| c.is_alphanumeric())
            .unwrap_or('C');
        letter.to_uppercase().collect()
    }
}

/// A person, as a page names them.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// What they want to be called; the username where they have not said.
    pub name: &'a str,
    /// What they sign in with.
    pub username: &'a str,
}

#[cfg(test)]
impl Page<'static> {
    /// Nobody is signed in.
    pub(crate) fn sample() -> Self {
        Self {
            realm: "Harbour House",
            base: "",
            user: None,
        }
    }

    /// Alice is signed in.
    pub(crate) fn sample_signed_in() -> Self {
        Self {
            user: Some(Person::sample()),
            ..Self::sample()
        }
    }
}

#[cfg(test)]
impl Person<'static> {
    pub(crate) fn sample() -> Self {
        Self {
            name: "Alice Liddell",
            username: "alice",
        }
    }
}
