//! `GET /sessions`: those that have not ended, in the order of their ids, oldest first.

use domain::value::{SessionId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::answer::{Page, Time};
use crate::admin::input::{Paging, Query};
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;
use crate::read::sessions::{self, SessionRow};

pub(super) fn operation() -> Operation {
    get(
        "/sessions",
        "sessions.read",
        "list_sessions",
        "Lists live sessions, of everybody or of one user",
    )
    .by(handler)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only sessions of this user.
    user: Option<UserId>,
    #[serde(flatten)]
    paging: Paging,
}

/// A person is signed in at one browser.
#[derive(Serialize, ToSchema)]
struct Session {
    id: SessionId,
    user: UserId,
    started: Time,
    /// When they last proved who they are.
    auth_time: Time,
    /// How (RFC 8176).
    amr: Vec<String>,
    /// When it was used last, where that was noted.
    used: Option<Time>,
    /// When it ends if it is not used again.
    idle_expires: Option<Time>,
    /// When it ends at the latest.
    expires: Time,
    /// The network address that it was started from.
    ip: Option<String>,
    /// The user agent that it was started with.
    user_agent: Option<String>,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: row.session.id,
            user: row.session.user,
            started: Time(row.started),
            auth_time: Time(row.session.auth_time),
            amr: row.session.amr,
            used: row.used.map(Time),
            idle_expires: row.idle_expires.map(Time),
            expires: Time(row.session.expires),
            ip: row.ip,
            user_agent: row.user_agent,
        }
    }
}

async fn handler(call: Call, Query(filter): Query<Filter>) -> Result<Page<Session>, ApiError> {
    let paging = &filter.paging;
    let keyed = |row: SessionRow| (row.session.id.to_string(), Session::from(row));
    Ok(if let Some(user) = filter.user {
        let rows = sessions::of_user(&call.log, user).await?;
        Page::of(paging, rows.into_iter().map(keyed))
    } else {
        let (after, limit) = (paging.after.key(), paging.limit.and_one());
        let rows = sessions::page(&call.log, after, limit).await?;
        Page::new(paging, rows.into_iter().map(keyed).collect())
    })
}
