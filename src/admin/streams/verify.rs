//! `POST /streams/{stream}/verify`: to see whether the receiver gets what is sent (SSF 1.0 §8.1.4).

use domain::value::StreamId;

use crate::admin::answer::Done;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, post};
use crate::error::ApiError;
use crate::ssf;

pub(super) fn operation() -> Operation {
    post(
        "/streams/{stream}/verify",
        "streams.write",
        "verify_stream",
        "Sends a verification event, without a state",
    )
    .by(handler)
}

async fn handler(call: Call, Path(id): Path<StreamId>) -> Result<Done, ApiError> {
    ssf::send_verification(&call, &call.facts(), id).await?;
    Ok(Done)
}
