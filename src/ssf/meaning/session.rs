//! What sessions mean to receivers.

use domain::event::Event;
use domain::session::EndReason;
use shared_signals::event::InitiatingEntity;
use shared_signals::event::caep::{SessionEstablished, SessionRevoked};

use super::{About, Happened, Meaning, Told, common};

pub(super) fn meaning(happened: Happened<'_>) -> Option<Meaning> {
    let (user, session, event): (_, _, shared_signals::Event) = match happened.event {
        Event::SessionStarted {
            session, user, amr, ..
        } => {
            let event = SessionEstablished {
                amr: Some(amr.clone()),
                common: common(happened, InitiatingEntity::User, "The user signed in"),
                ..SessionEstablished::default()
            };
            (*user, *session, event.into())
        }
        Event::SessionEnded {
            session,
            user,
            reason,
        } => {
            let (by, words) = why(*reason);
            let common = common(happened, by, words);
            (*user, *session, SessionRevoked { common }.into())
        }
        _ => return None,
    };
    let is_expiry = matches!(
        happened.event,
        Event::SessionEnded {
            reason: EndReason::Expired,
            ..
        }
    );
    Some(Meaning::Told(Box::new(Told {
        user,
        about: About::Session(session),
        event,
        expiry: is_expiry,
    })))
}

/// Who ended a session, and why.
fn why(reason: EndReason) -> (InitiatingEntity, &'static str) {
    use InitiatingEntity::{Admin, Policy, System, User};
    match reason {
        EndReason::SignedOut => (User, "The user signed out"),
        EndReason::EndedByUser => (User, "The user ended the session from another one"),
        EndReason::EndedByAdmin => (Admin, "An administrator ended the session"),
        EndReason::Expired => (System, "The session came to its end"),
        EndReason::UserDisabled => (Admin, "The account was disabled"),
        EndReason::UserDeleted => (Admin, "The account was deleted"),
        EndReason::PasswordChanged => (Policy, "The password was changed"),
        EndReason::Replaced => (User, "Somebody else signed in at the same browser"),
    }
}
