//! Sessions: a person is signed in at one browser.

use alloc::{string::String, vec, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::event::{Change, Event};
use crate::personal::Personal;
use crate::refusal::Refusal;
use crate::user::{User, UserKind};
use crate::value::{SessionId, Timestamp, UserId};

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The person signed out.
    SignedOut,
    /// The person ended it from another session.
    EndedByUser,
    /// An operator ended it.
    EndedByAdmin,
    /// It was idle too long, or came to its end.
    Expired,
    /// The user was disabled.
    UserDisabled,
    /// The user was deleted.
    UserDeleted,
    /// The password changed.
    PasswordChanged,
    /// Somebody else signed in at the same browser.
    Replaced,
}

/// A session that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// The session.
    pub id: SessionId,
    /// The person.
    pub user: UserId,
    /// When they last proved who they are.
    pub auth_time: Timestamp,
    /// How (RFC 8176).
    pub amr: Vec<String>,
    /// When it ends at the latest.
    pub expires: Timestamp,
}

/// Starts a session. The user's row was read: being disabled at the same time makes one of the two fail.
pub fn start(
    user: &User,
    session: SessionId,
    amr: Vec<String>,
    expires: Timestamp,
    personal: Personal,
) -> Result<Vec<Change>, Refusal> {
    if user.kind == UserKind::Service {
        return Err(Refusal::ServiceAccount);
    }
    if !user.enabled {
        return Err(Refusal::UserDisabled);
    }
    Ok(vec![
        Event::SessionStarted {
            session,
            user: user.id,
            amr,
            expires,
        }
        .with(user.id, personal),
    ])
}

/// Notes that the person proved again who they are.
pub fn reauthenticate(
    user: &User,
    session: &Session,
    amr: Vec<String>,
) -> Result<Vec<Change>, Refusal> {
    if !user.enabled {
        return Err(Refusal::UserDisabled);
    }
    Ok(vec![
        Event::SessionReauthenticated {
            session: session.id,
            user: user.id,
            amr,
        }
        .into(),
    ])
}

/// Ends a session.
pub fn end(session: &Session, reason: EndReason) -> Vec<Change> {
    vec![
        Event::SessionEnded {
            session: session.id,
            user: session.user,
            reason,
        }
        .into(),
    ]
}
