//! `POST /streams/{stream}/deliveries/replay` and `DELETE /streams/{stream}/deliveries`: all dead letters.

use axum::Json;
use domain::value::StreamId;
use serde::Serialize;
use utoipa::ToSchema;

use super::load;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete, post};
use crate::app::App;
use crate::command::deliveries::{Fate, SettleDeadLetters};
use crate::command::streams::target;
use crate::error::ApiError;
use crate::execute::{Facts, Refused, execute};

pub(super) fn replay() -> Operation {
    post(
        "/streams/{stream}/deliveries/replay",
        "streams.write",
        "replay_deliveries",
        "Sends all events again that were given up",
    )
    .by(|call, Path(stream)| handler(call, stream, Fate::Replayed))
}

pub(super) fn drop() -> Operation {
    delete(
        "/streams/{stream}/deliveries",
        "streams.write",
        "drop_deliveries",
        "Drops all events that were given up; the loss is counted",
    )
    .by(|call, Path(stream)| handler(call, stream, Fate::Dropped))
}

/// How many it was.
#[derive(Serialize, ToSchema)]
struct Settled {
    settled: usize,
}

async fn handler(call: Call, stream: StreamId, fate: Fate) -> Result<Json<Settled>, ApiError> {
    load(&call, stream).await?;
    let settled = settle_all(&call, &call.facts(), stream, fate).await?;
    Ok(Json(Settled { settled }))
}

/// Settles all that is dead at the time of the facts, part by part.
pub(crate) async fn settle_all(
    app: &App,
    facts: &Facts,
    stream: StreamId,
    fate: Fate,
) -> Result<usize, Refused> {
    let target = target(stream);
    let command = SettleDeadLetters { target, fate };
    let mut settled = 0;
    loop {
        match execute(app, &command, facts).await? {
            0 => return Ok(settled),
            some => settled += some,
        }
    }
}
