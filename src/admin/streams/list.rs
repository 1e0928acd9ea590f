//! `GET /streams`: in the order in which they were made.

use domain::value::ClientId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Stream, with_queue};
use crate::admin::answer::Page;
use crate::admin::input::{Paging, Query};
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;
use crate::read::streams;

pub(super) fn operation() -> Operation {
    get(
        "/streams",
        "streams.read",
        "list_streams",
        "Lists signal streams, all of them or those of one receiver",
    )
    .by(handler)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only streams of this client.
    client: Option<ClientId>,
    #[serde(flatten)]
    paging: Paging,
}

async fn handler(call: Call, Query(filter): Query<Filter>) -> Result<Page<Stream>, ApiError> {
    let paging = &filter.paging;
    let all = match &filter.client {
        Some(client) => streams::of_client(&call.log, client).await?,
        None => streams::all(&call.log).await?,
    };
    let mut keyed: Vec<_> = all
        .into_iter()
        .map(|(stream, _)| (stream.id.to_string(), stream))
        .filter(|(id, _)| id.as_str() > paging.after.key())
        .collect();
    keyed.truncate(paging.limit.items() + 1);
    let mut rows = Vec::with_capacity(keyed.len());
    for (id, stream) in keyed {
        rows.extend(with_queue(&call, stream).await?.map(|stream| (id, stream)));
    }
    Ok(Page::new(paging, rows))
}
