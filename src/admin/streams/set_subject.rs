//! `PUT /streams/{stream}/subjects/{user}`

use domain::value::{StreamId, UserId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::admin::answer::Done;
use crate::admin::input::{Body, Path};
use crate::admin::operation::{Call, Operation, put};
use crate::command::streams::SetSubject;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    put(
        "/streams/{stream}/subjects/{user}",
        "streams.write",
        "set_stream_subject",
        "Makes a signal stream hear of a user, or no more",
    )
    .by(handler)
}

/// What is said of a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Included {
    /// Whether the stream hears of them.
    included: bool,
}

async fn handler(
    call: Call,
    (Path((id, user)), Body(Included { included })): (Path<(StreamId, UserId)>, Body<Included>),
) -> Result<Done, ApiError> {
    call.execute(&SetSubject {
        id,
        of: None,
        user,
        included,
    })
    .await?;
    Ok(Done)
}
