//! Who can administer the realm after a plan: applying a file must not shut everybody out.

use std::collections::BTreeSet;

use domain::powers::{Administration, keep_an_administrator};
use domain::value::UserId;

use super::document::ADMIN;
use super::running::Running;
use crate::execute::Refused;
use crate::read::Reading;

/// Refuses a plan after which nobody could administer the realm, where somebody can now.
pub(super) async fn keep(
    state: &mut Reading<'_>,
    before: &Running,
    after: &Running,
) -> Result<(), Refused> {
    let administrators = state.administrators(&administration(before)?).await?;
    if administrators.is_empty() {
        return Ok(());
    }
    let changed = administration(after)?;
    let users = before.users.values().chain(after.users.values());
    let touched: BTreeSet<UserId> = users.map(|user| user.id).collect();
    let mut left = state.administrators(&changed).await?;
    left.retain(|user| !touched.contains(user));
    // Whom the file does not name is as before; only if none of these is left, look closer.
    for user in touched {
        if left.is_empty() && administers(state, &changed, before, after, user).await? {
            left.insert(user);
        }
    }
    Ok(keep_an_administrator(&administrators, &left)?)
}

fn administration(running: &Running) -> Result<Administration, Refused> {
    let api = running.apis.get(ADMIN).cloned();
    let api = api.ok_or_else(|| Refused::Internal("the admin API is missing".to_owned()))?;
    Ok(Administration {
        api,
        nesting: running.nesting.0.clone(),
    })
}

/// Whether a user will hold every power for good, enabled and able to sign in.
async fn administers(
    state: &mut Reading<'_>,
    administration: &Administration,
    before: &Running,
    after: &Running,
    id: UserId,
) -> Result<bool, Refused> {
    let Some(user) = after.users.values().find(|user| user.id == id) else {
        return Ok(false);
    };
    if !user.enabled || !user.has_password {
        return Ok(false);
    }
    if administration.full_users().contains(&id) {
        return Ok(true);
    }
    let unnamed = state.memberships_of(id).await?;
    let unnamed = unnamed.iter().filter(|membership| {
        !before
            .memberships
            .contains_key(&(membership.group, membership.user))
    });
    let planned = after
        .memberships
        .values()
        .filter(|membership| membership.user == id);
    let full = administration.full_groups();
    Ok(unnamed
        .chain(planned)
        .any(|membership| membership.expires.is_none() && full.contains(&membership.group)))
}
