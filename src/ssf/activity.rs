//! When a receiver was last heard of: what `inactivity_timeout` counts from (SSF 1.0 §8.1.1).

use domain::value::{StreamId, Timestamp};
use eventlog::{Batch, Log};

use crate::command;
use crate::error::SsfError;
use crate::read::streams;

/// How much later a sign of activity must be to be written down, in seconds: by so much what is written may be
/// behind.
pub(super) const GRAIN: i64 = 60;

/// Notes that a stream's receiver was heard of.
pub(super) async fn seen(log: &Log, stream: StreamId, now: Timestamp) -> Result<(), SsfError> {
    let noted = streams::activity(log, stream).await?;
    if noted.is_some_and(|noted| noted.seen.plus(GRAIN) > now) {
        return Ok(());
    }
    let note = command::streams::seen(stream, now);
    log.append(Batch::rows([note])).await?;
    Ok(())
}
