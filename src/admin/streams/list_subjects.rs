//! `GET /streams/{stream}/subjects`: what was said of single users, in the order of their ids.

use domain::value::{StreamId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::load;
use crate::admin::answer::Page;
use crate::admin::input::{Paging, Path, Query};
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;
use crate::read::streams;

pub(super) fn operation() -> Operation {
    get(
        "/streams/{stream}/subjects",
        "streams.read",
        "list_stream_subjects",
        "Lists the users whom a signal stream was told to hear of, or no more",
    )
    .by(handler)
}

/// A user of whom something was said.
#[derive(Serialize, ToSchema)]
struct StreamSubject {
    user: UserId,
    /// Whether the stream hears of them.
    included: bool,
}

async fn handler(
    call: Call,
    (Path(id), Query(paging)): (Path<StreamId>, Query<Paging>),
) -> Result<Page<StreamSubject>, ApiError> {
    load(&call, id).await?;
    let rows = streams::subjects(&call.log, id, paging.after.key(), paging.limit.and_one()).await?;
    let keyed = rows
        .into_iter()
        .map(|(user, included)| (user.to_string(), StreamSubject { user, included }));
    Ok(Page::new(&paging, keyed.collect()))
}
