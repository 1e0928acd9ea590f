//! What ends with something else: sessions and grants of a user, grants of a session or client.

use domain::event::Change;
use domain::grant::{self, RevokeReason};
use domain::session::{self, EndReason, Session};
use domain::value::{ClientId, SessionId, UserId};

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
