//! `DELETE /streams/{stream}`

use domain::value::StreamId;

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, delete};
use crate::command::streams::DeleteStream;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    delete(
        "/streams/{stream}",
        "streams.write",
        "delete_stream",
        "Deletes a signal stream with what waits in it",
    )
    .by(handler)
}

async fn handler(call: Call, Path(id): Path<StreamId>) -> Result<Done, ApiError> {
    call.execute(&DeleteStream { id, of: None }).await?;
    Ok(Done)
}
