//! `GET /grants`: those that were not revoked, in the order of their ids, oldest first.

use domain::grant::Granted;
use domain::value::{ClientId, GrantId, SessionId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::answer::{Page, Time};
use crate::admin::input::{Paging, Query};
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;
use crate::read::grants::{self, GrantRow};

pub(super) fn operation() -> Operation {
    get(
        "/grants",
        "grants.read",
        "list_grants",
        "Lists grants, of everybody, of one user or of one client",
    )
    .by(handler)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only grants of this user.
    user: Option<UserId>,
    /// Only grants to this client.
    client: Option<ClientId>,
    #[serde(flatten)]
    paging: Paging,
}

/// What a client may do for a person; tokens hang from it.
#[derive(Serialize, ToSchema)]
struct Grant {
    id: GrantId,
    user: UserId,
    client: ClientId,
    /// The session that it was given in.
    session: SessionId,
    granted: Granted,
    /// Whether it outlives the session.
    offline: bool,
    created: Time,
    /// When it ends at the latest.
    expires: Time,
}

impl From<GrantRow> for Grant {
    fn from(row: GrantRow) -> Self {
        Self {
            id: row.grant.id,
            user: row.grant.user,
            client: row.grant.client,
            session: row.grant.session,
            granted: row.grant.granted,
            offline: row.grant.offline,
            created: Time(row.created),
            expires: Time(row.grant.expires),
        }
    }
}

async fn handler(call: Call, Query(filter): Query<Filter>) -> Result<Page<Grant>, ApiError> {
    let log = &call.log;
    let paging = &filter.paging;
    let (after, limit) = (paging.after.key(), paging.limit.and_one());
    let keyed = |row: GrantRow| (row.grant.id.to_string(), Grant::from(row));
    let rows = match (filter.user, &filter.client) {
        (Some(user), client) => {
            let rows = grants::of_user(log, user).await?.into_iter();
            let rows = rows.filter(|row| client.as_ref().is_none_or(|id| *id == row.grant.client));
            return Ok(Page::of(paging, rows.map(keyed)));
        }
        (None, Some(client)) => grants::of_client(log, client, after, limit).await?,
        (None, None) => grants::page(log, after, limit).await?,
    };
    Ok(Page::new(paging, rows.into_iter().map(keyed).collect()))
}
