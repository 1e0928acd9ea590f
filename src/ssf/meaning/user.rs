//! What changes of an account mean to receivers.

use domain::event::Event;
use domain::user::DisableReason;
use domain::value::UserId;
use shared_signals::event::caep::{ChangeType, CredentialChange, CredentialType};
use shared_signals::event::risc::{AccountDisabled, IdentifierChanged, Risc};

use super::{About, Happened, Meaning, Whom, common, initiator, told};

pub(super) fn meaning(happened: Happened<'_>) -> Vec<Meaning> {
    let person = |user: &UserId, event: Risc| told(*user, About::Person, event);
    match happened.event {
        Event::UserUpdated { user, changed } => updated(happened, *user, changed),
        Event::UserDisabled { user, reason } => {
            let reason = match reason {
                DisableReason::Hijacked => {
                    Some(shared_signals::event::risc::DisabledReason::Hijacking)
                }
                DisableReason::Administrative => None,
            };
            vec![person(
                user,
                Risc::AccountDisabled(AccountDisabled { reason }),
            )]
        }
        Event::UserEnabled { user } => vec![person(user, Risc::AccountEnabled)],
        Event::UserPasswordSet {
            user,
            first,
            must_change,
        } => {
            let (change, words) = if *first {
                (ChangeType::Create, "A first password was set")
            } else {
                (ChangeType::Update, "The password was changed")
            };
            let mut meanings = vec![password(happened, *user, change, words)];
            if *must_change {
                meanings.push(person(user, Risc::AccountCredentialChangeRequired));
            }
            meanings
        }
        Event::UserPasswordRemoved { user } => {
            let words = "The password was removed";
            vec![password(happened, *user, ChangeType::Delete, words)]
        }
        Event::UserPasswordChangeRequired { user } => {
            vec![person(user, Risc::AccountCredentialChangeRequired)]
        }
        Event::UserDeleted { user } | Event::UserErased { user } => {
            vec![person(user, Risc::AccountPurged)]
        }
        _ => Vec::new(),
    }
}

fn password(happened: Happened<'_>, user: UserId, change: ChangeType, words: &str) -> Meaning {
    let mut event = CredentialChange::new(CredentialType::Password, change);
    event.common = common(happened, initiator(happened.cause), words);
    told(user, About::Person, event)
}

/// Former identifiers, each an event of its own, and the claims that may be others now. A new identifier is
/// told where it is verified: a receiver may take it for whom it belongs to.
fn updated(happened: Happened<'_>, user: UserId, changed: &[String]) -> Vec<Meaning> {
    let mut meanings = Vec::new();
    if let Some(personal) = happened.personal {
        let details = personal.details.as_ref();
        if let Some(former) = &personal.former_email {
            let verified = details.filter(|details| details.email_verified);
            let new_value = verified.and_then(|details| details.email.as_ref());
            let event = IdentifierChanged {
                new_value: new_value.map(ToString::to_string),
            };
            let about = About::FormerEmail(former.to_string());
            meanings.push(told(user, about, event));
        }
        if let Some(former) = &personal.former_phone_number {
            let verified = details.filter(|details| details.profile.phone_number_verified);
            let new_value = verified.and_then(|details| details.profile.phone_number.as_ref());
            let event = IdentifierChanged {
                new_value: new_value.map(ToString::to_string),
            };
            let about = About::FormerPhone(former.clone());
            meanings.push(told(user, about, event));
        }
    }
    let names: Vec<_> = changed
        .iter()
        .flat_map(|value| claims(value))
        .copied()
        .collect();
    if !names.is_empty() {
        let whom = Whom::User(user);
        meanings.push(Meaning::Claims { whom, names });
    }
    meanings
}

/// The claims that hang from a value of a user's.
fn claims(value: &str) -> &'static [&'static str] {
    match value {
        "username" => &["preferred_username"],
        "email" => &["email", "email_verified"],
        "email_verified" => &["email_verified"],
        "phone_number" => &["phone_number", "phone_number_verified"],
        "profile" => &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "address",
            "phone_number_verified",
        ],
        _ => &[],
    }
}
