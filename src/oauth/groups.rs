//! Somebody's groups, nesting followed: what rules and `groups` claims look at.

use std::collections::BTreeSet;

use domain::policy::nesting;
use domain::value::{GroupId, Timestamp, UserId};
use eventlog::{DbError, Log};

use crate::read;
use crate::snapshot::Snapshot;

/// All groups of a person: those they were added to, and those around these.
pub(crate) async fn of(
    log: &Log,
    snapshot: &Snapshot,
    user: UserId,
    now: Timestamp,
) -> Result<BTreeSet<GroupId>, DbError> {
    let direct = read::groups::direct_groups(log, user, now).await?;
    Ok(nesting::ancestors(&snapshot.nesting, &direct))
}
