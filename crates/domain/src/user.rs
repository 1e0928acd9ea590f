//! Users and service accounts: what may happen to them.

use alloc::{string::String, string::ToString, vec, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::event::{Change, Event};
use crate::personal::{Details, Personal};
use crate::refusal::Refusal;
use crate::value::UserId;

/// Who an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UserKind {
    /// Somebody who signs in.
    Person,
    /// A program that others act for; it never signs in.
    Service,
}

/// Why an account was disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisableReason {
    /// An operator's decision.
    Administrative,
    /// Somebody else may hold the account.
    Hijacked,
}

/// A user, as the log says they are now.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// The user.
    pub id: UserId,
    /// Person or service account.
    pub kind: UserKind,
    /// Whether they may sign in.
    pub enabled: bool,
    /// Whether they have a password.
    pub has_password: bool,
    /// Whether they must choose another password.
    pub must_change_password: bool,
    /// Their personal values.
    pub details: Details,
}

/// Creates a user. Uniqueness of username and e-mail is claimed by the event.
pub fn create(user: UserId, kind: UserKind, details: Details) -> Vec<Change> {
    vec![Event::UserCreated { user, kind }.with(
        user,
        Personal {
            details: Some(details),
            ..Personal::default()
        },
    )]
}

/// Sets all personal values; says nothing where nothing differs.
///
/// An e-mail address that changes is unverified unless the caller says otherwise in `details`.
pub fn update(user: &User, details: Details) -> Vec<Change> {
    let before = &user.details;
    let changed = changed_fields(before, &details);
    if changed.is_empty() {
        return Vec::new();
    }
    // What was never proved to be theirs may be somebody else's: nobody is told that it is another now.
    let former_email = (before.email_verified && before.email != details.email)
        .then(|| before.email.clone())
        .flatten();
    let former_phone_number = (before.profile.phone_number_verified
        && before.profile.phone_number != details.profile.phone_number)
        .then(|| {
            before
                .profile
                .phone_number
                .as_ref()
                .map(ToString::to_string)
        })
        .flatten();
    vec![
        Event::UserUpdated {
            user: user.id,
            changed,
        }
        .with(
            user.id,
            Personal {
                details: Some(details),
                former_email,
                former_phone_number,
                ..Personal::default()
            },
        ),
    ]
}

/// Names of the values in which two descriptions of a user differ, as claims are named.
fn changed_fields(before: &Details, after: &Details) -> Vec<String> {
    let mut changed = Vec::new();
    let mut note = |name: &str, differs: bool| {
        if differs {
            changed.push(name.to_string());
        }
    };
    note("username", before.username != after.username);
    note("email", before.email != after.email);
    note(
        "email_verified",
        before.email_verified != after.email_verified,
    );
    note(
        "phone_number",
        before.profile.phone_number != after.profile.phone_number,
    );
    let without_phone = |details: &Details| {
        let mut profile = details.profile.clone();
        profile.phone_number = None;
        profile
    };
    note("profile", without_phone(before) != without_phone(after));
    note("attributes", before.attributes != after.attributes);
    changed
}

/// Disables an account. Sessions and grants are ended by the caller, in the same commit.
pub fn disable(user: &User, reason: DisableReason) -> Vec<Change> {
    if !user.enabled {
        return Vec::new();
    }
    vec![
        Event::UserDisabled {
            user: user.id,
            reason,
        }
        .into(),
    ]
}

/// Enables an account.
pub fn enable(user: &User) -> Vec<Change> {
    if user.enabled {
        return Vec::new();
    }
    vec![Event::UserEnabled { user: user.id }.into()]
}

/// Notes that a password was set; the hash goes into its own table in the same commit.
pub fn set_password(user: &User, must_change: bool) -> Result<Vec<Change>, Refusal> {
    if user.kind == UserKind::Service {
        return Err(Refusal::ServiceAccount);
    }
    let first = !user.has_password;
    Ok(vec![
        Event::UserPasswordSet {
            user: user.id,
            first,
            must_change,
        }
        .into(),
    ])
}

/// Demands another password at the next sign-in.
pub fn require_password_change(user: &User) -> Result<Vec<Change>, Refusal> {
    if !user.has_password {
        return Err(Refusal::Invalid("the user has no password".to_string()));
    }
    if user.must_change_password {
        return Ok(Vec::new());
    }
    Ok(vec![
        Event::UserPasswordChangeRequired { user: user.id }.into(),
    ])
}

/// Deletes the account. Sessions, grants and memberships are ended by the caller, in the same commit.
pub fn delete(user: &User) -> Vec<Change> {
    vec![Event::UserDeleted { user: user.id }.into()]
}

/// Forgets the person. Their personal rows are removed in the same commit.
pub fn erase(user: UserId) -> Vec<Change> {
    vec![Event::UserErased { user }.into()]
}
