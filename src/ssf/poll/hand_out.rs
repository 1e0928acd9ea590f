//! What waits in a stream, signed and noted as handed out (RFC 8936 §2.3).

use std::sync::Arc;

use domain::stream::{Delivery, Stream, StreamStatus};
use domain::value::StreamId;
use eventlog::Batch;
use shared_signals::PollResponse;

use crate::command::streams::target;
use crate::delivery::Signed;
use crate::delivery::poll::{Waiting, handed_out, refused, waiting};
use crate::error::SsfError;
use crate::read::streams;
use crate::snapshot::Snapshot;
use crate::ssf::call::Call;
use crate::ssf::sign::{Unsignable, signed};

/// Hands out at most so many tokens, if the stream is still polled. Of a stream that is not enabled only those that tell of just that.
pub(super) async fn hand_out(
    call: &Call,
    stream: StreamId,
    most: usize,
) -> Result<PollResponse, SsfError> {
    let found = streams::get(&call.log, stream).await?;
    let polled = |(stream, _): &(Stream, i64)| stream.settings.delivery == Delivery::Poll;
    let (stream, _) = found.filter(polled).ok_or_else(SsfError::no_stream)?;
    let is_held = stream.status != StreamStatus::Enabled;
    let (target, now) = (target(stream.id), call.now());
    let one_more = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    let mut waiting = waiting(&call.log, &target, is_held, one_more, now).await?;
    let more_available = waiting.len() > most;
    waiting.truncate(most);
    if waiting.is_empty() {
        return Ok(PollResponse::default());
    }
    let tokens = sign_all(call.snapshot.get()?, stream, waiting).await?;
    let (mut sets, mut rows, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for (id, signed) in tokens {
        match signed {
            Ok(Signed { token, kid }) => {
                notes.push(handed_out(&target, &id, &token, &kid, now));
                sets.push((id, token));
            }
            // It would fare no better the next time, and keep the others waiting.
            Err(error) => {
                tracing::error!(to = target, id, %error, "a delivery is given up");
                rows.extend(refused(&target, &id, &error.to_string(), now));
            }
        }
    }
    // What locks the queue comes first.
    rows.extend(notes);
    call.log.append(Batch::rows(rows)).await?;
    Ok(PollResponse {
        sets,
        more_available,
    })
}

/// The tokens by name, or why one cannot be signed. A hundred signatures take their time: not that of other requests.
async fn sign_all(
    snapshot: Arc<Snapshot>,
    stream: Stream,
    waiting: Vec<Waiting>,
) -> Result<Vec<(String, Result<Signed, Unsignable>)>, SsfError> {
    let sign = move || {
        let tokens = waiting.into_iter().map(|one| {
            match signed(&snapshot.keys, &stream, &one.body, one.signed) {
                Err(error @ Unsignable::NoKey(_)) => Err(error),
                signed => Ok((one.id, signed)),
            }
        });
        tokens.collect::<Result<Vec<_>, Unsignable>>()
    };
    let done = tokio::task::spawn_blocking(sign).await;
    done.map_err(SsfError::internal)?
        .map_err(SsfError::internal)
}
