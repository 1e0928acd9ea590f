//! `POST /streams/{stream}/deliveries/{delivery}/replay` and `DELETE /streams/{stream}/deliveries/{delivery}`:
//! one dead letter.

use domain::value::StreamId;

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete, post};
use crate::command::deliveries::{Fate, SettleDeadLetter};
use crate::command::streams::target;
use crate::error::ApiError;

pub(super) fn replay() -> Operation {
    post(
        "/streams/{stream}/deliveries/{delivery}/replay",
        "streams.write",
        "replay_delivery",
        "Sends an event again that was given up",
    )
    .by(|call, Path((stream, id))| settle(call, stream, id, Fate::Replayed))
}

pub(super) fn drop() -> Operation {
    delete(
        "/streams/{stream}/deliveries/{delivery}",
        "streams.write",
        "drop_delivery",
        "Drops an event that was given up; the loss is counted",
    )
    .by(|call, Path((stream, id))| settle(call, stream, id, Fate::Dropped))
}

async fn settle(call: Call, stream: StreamId, id: String, fate: Fate) -> Result<Done, ApiError> {
    let target = target(stream);
    call.execute(&SettleDeadLetter { target, id, fate }).await?;
    Ok(Done)
}
