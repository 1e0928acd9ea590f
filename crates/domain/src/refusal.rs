//! What a rule said no to. What that means in HTTP is decided in the application.

use alloc::string::String;

use crate::value::Scope;

/// A command that must not happen, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The thing named does not exist.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A name is held by another.
    #[error("this {0} is already taken")]
    Taken(&'static str),
    /// The user may not sign in or be given anything.
    #[error("the user is disabled")]
    UserDisabled,
    /// The client may not be used.
    #[error("the client is disabled")]
    ClientDisabled,
    /// The session has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// The grant is void.
    #[error("the grant was revoked")]
    GrantRevoked,
    /// Nesting these groups would make a group a member of itself.
    #[error("the groups would contain each other")]
    NestingCycle,
    /// A user must be deleted before they can be erased.
    #[error("delete the user before erasing them")]
    NotDeleted,
    /// Something that only the program itself may change.
    #[error("{0} is built in and cannot be changed")]
    BuiltIn(&'static str),
    /// The caller would give, take or use powers that they do not hold.
    #[error("this needs administrative powers that you do not hold: {0}")]
    NeedsPowers(String),
    /// Nobody would be left who can administer the realm.
    #[error("this would remove the last administrator")]
    LastAdministrator,
    /// A value does not fit another value.
    #[error("{0}")]
    Invalid(String),
    /// A scope that the API does not have.
    #[error("the API has no scope {0}")]
    UnknownScope(Scope),
    /// A service account cannot sign in, so it has no password.
    #[error("a service account has no password")]
    ServiceAccount,
    /// There may not be one more of these.
    #[error("there are already as many {0} as there may be")]
    TooMany(&'static str),
    /// An operator stopped it, and whoever asks is none.
    #[error("an operator stopped this {0}")]
    Stopped(&'static str),
    /// Only what was given up can be sent again or dropped by hand.
    #[error("this delivery was not given up")]
    NotDead,
    /// A moment that should lie ahead has passed.
    #[error("the time of expiry has passed")]
    AlreadyExpired,
}
