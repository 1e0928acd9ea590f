//! The status endpoint (SSF 1.0 §8.1.2).

mod read;
mod set;

use domain::stream::Stream;
use shared_signals::stream::StreamStatus;

pub(super) use self::read::read;
pub(super) use self::set::set;
use super::configuration;

/// A stream's status, and why it is not enabled.
fn of(stream: Stream) -> StreamStatus {
    StreamStatus {
        stream_id: stream.id.to_string(),
        status: configuration::status(stream.status),
        reason: stream.reason,
    }
}
