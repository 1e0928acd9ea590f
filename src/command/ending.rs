//! What ends with something else: sessions and grants of a user, grants of a session or client.
//!
//! A set is read and each of its members ended; that nothing joined it meanwhile is a guard of the commit.

use domain::event::Change;
use domain::grant::{self, RevokeReason};
use domain::session::{self, EndReason, Session};
use domain::value::{ClientId, SessionId, UserId};
use eventlog::{Statement, Value};

use crate::execute::Refused;
use crate::read::{self, Reading};

/// Ends the sessions of a user, all but one where that is named, with the grants that hang from them.
pub async fn end_sessions_of(
    state: &mut Reading<'_>,
    user: UserId,
    except: Option<SessionId>,
    reason: EndReason,
) -> Result<Vec<Change>, Refused> {
    let mut changes = Vec::new();
    for session in state.sessions_of(user).await? {
        if Some(session.id) != except {
            changes.extend(end_session(state, &session, reason).await?);
        }
    }
    Ok(changes)
}

/// Ends a session, with the grants that do not outlive it.
pub async fn end_session(
    state: &mut Reading<'_>,
    session: &Session,
    reason: EndReason,
) -> Result<Vec<Change>, Refused> {
    let mut changes = session::end(session, reason);
    for grant in state.grants_in(session.id).await? {
        if !grant.offline {
            changes.extend(grant::revoke(&grant, RevokeReason::SessionEnded));
        }
    }
    Ok(changes)
}

/// Revokes all grants of a user that were not revoked in the same breath with their sessions.
pub async fn end_grants_of(
    state: &mut Reading<'_>,
    user: UserId,
    reason: RevokeReason,
) -> Result<Vec<Change>, Refused> {
    let grants = state.grants_of(user).await?;
    Ok(grants
        .iter()
        .filter(|grant| grant.offline)
        .flat_map(|grant| grant::revoke(grant, reason))
        .collect())
}

/// Revokes all that a client was granted and withdraws all that people allowed it: whoever takes its
/// id later inherits nothing.
pub async fn end_grants_to(
    state: &mut Reading<'_>,
    client: &ClientId,
    reason: RevokeReason,
) -> Result<Vec<Change>, Refused> {
    let mut changes = Vec::new();
    for row in read::grants::of_client(state.log(), client, "", i64::MAX).await? {
        if let Some(grant) = state.grant(row.grant.id).await? {
            changes.extend(grant::revoke(&grant, reason));
        }
    }
    for consent in state.consents_to(client).await? {
        changes.extend(grant::withdraw(&consent));
    }
    Ok(changes)
}

// The guards below insert a row where something is in the way, and must insert none: they write
// nothing, in whatever table.

/// Nobody signed in as this user since their sessions were read, but for one session.
pub fn no_session_of(user: UserId, except: Option<SessionId>) -> Statement {
    let except = except.map(|id| id.to_string()).unwrap_or_default();
    Statement::new(
        "INSERT INTO used_values (value, expires) SELECT 'guard', 0 WHERE EXISTS \
         (SELECT 1 FROM sessions WHERE user_id = $1 AND ended IS NULL AND id <> $2)",
        [Value::from(user.to_string()), except.into()],
    )
    .exactly(0)
}

/// No client was granted anything by this user since their grants were read, but for one session.
pub fn no_grant_of(user: UserId, except: Option<SessionId>) -> Statement {
    let except = except.map(|id| id.to_string()).unwrap_or_default();
    Statement::new(
        "INSERT INTO used_values (value, expires) SELECT 'guard', 0 WHERE EXISTS \
         (SELECT 1 FROM grants WHERE user_id = $1 AND revoked IS NULL \
         AND (offline = 1 OR session <> $2))",
        [Value::from(user.to_string()), except.into()],
    )
    .exactly(0)
}

/// Nothing was granted in this session since its grants were read that would not outlive it.
pub fn no_grant_in(session: SessionId) -> Statement {
    Statement::new(
        "INSERT INTO used_values (value, expires) SELECT 'guard', 0 WHERE EXISTS \
         (SELECT 1 FROM grants WHERE session = $1 AND revoked IS NULL AND offline = 0)",
        [Value::from(session.to_string())],
    )
    .exactly(0)
}

/// Nothing was granted to this client since its grants were read.
pub fn no_grant_to(client: &ClientId) -> Statement {
    Statement::new(
        "INSERT INTO used_values (value, expires) SELECT 'guard', 0 WHERE EXISTS \
         (SELECT 1 FROM grants WHERE client = $1 AND revoked IS NULL)",
        [Value::from(client.as_str())],
    )
    .exactly(0)
}

/// The user became a member of nothing since their memberships were read.
pub fn no_membership_of(user: UserId) -> Statement {
    Statement::new(
        "INSERT INTO used_values (value, expires) SELECT 'guard', 0 WHERE EXISTS \
         (SELECT 1 FROM memberships WHERE user_id = $1)",
        [Value::from(user.to_string())],
    )
    .exactly(0)
}
