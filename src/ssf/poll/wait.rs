//! A poll that waits (RFC 8936 §2.2): it holds no connection to the database, and ends with the first
//! tokens, after a while, when the receiver polls again, or when this server stops.
//!
//! One waits for each stream, on whichever node. Whoever begins to wait writes down a number of its own
//! and wakes the one before, who finds another number than its own and leaves.

use domain::value::StreamId;
use eventlog::{Batch, Statement, Topic, Value};
use shared_signals::PollResponse;
use tokio::time::{Instant, timeout_at};

use super::hand_out::hand_out;
use crate::command::streams::target;
use crate::delivery::queue;
use crate::error::SsfError;
use crate::read::streams;
use crate::ssf::call::Call;

/// Waits for tokens of a stream.
pub(super) async fn wait(
    call: &Call,
    stream: StreamId,
    most: usize,
    mut news: Topic,
) -> Result<PollResponse, SsfError> {
    let turn = take_turn(call, stream).await?;
    let deadline = Instant::now() + call.config.ssf.long_poll.duration();
    loop {
        tokio::select! {
            woken = timeout_at(deadline, news.woken()) => if woken.is_err() { break },
            () = call.stopping.begun() => break,
        }
        let now = streams::activity(&call.log, stream).await?;
        if now.is_none_or(|now| now.poll != turn) {
            break;
        }
        let answer = hand_out(call, stream, most).await?;
        if !answer.sets.is_empty() {
            call.still_reads().await?;
            return Ok(answer);
        }
    }
    Ok(PollResponse::default())
}

/// Ends the wait of whoever waited before. Returns a number that no other has.
async fn take_turn(call: &Call, stream: StreamId) -> Result<i64, SsfError> {
    let turn = i64::from_be_bytes(call.rng.bytes());
    let take = Statement::new(
        "UPDATE stream_activity SET poll = $2 WHERE stream = $1",
        [Value::from(stream.to_string()), turn.into()],
    );
    let batch = Batch {
        rows: vec![take],
        wake: vec![queue::topic_of(&target(stream))],
        ..Batch::default()
    };
    call.log.append(batch).await?;
    Ok(turn)
}
