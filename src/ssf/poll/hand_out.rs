//! What waits in a stream, signed and noted as handed out (RFC 8936 §2.3).

use std::sync::Arc;

use domain::stream::{Stream, StreamStatus};
use domain::value::StreamId;
use eventlog::Batch;
use shared_signals::PollResponse;

use crate::command::streams::target;
use crate::delivery::Signed;
use crate::delivery::poll::{Waiting, handed_out, waiting};
use crate::error::SsfError;
use crate::read::streams;
use crate::snapshot::Snapshot;
use crate::ssf::call::Call;
use crate::ssf::sign::{Unsignable, signed};

/// Hands out at most so many tokens. Of a stream that is not enabled only those that tell of just that.
pub(super) async fn hand_out(
    call: &Call,
    stream: StreamId,
    most: usize,
) -> Result<PollResponse, SsfError> {
    let found = streams::get(&call.log, stream).await?;
    let (stream, _) = found.ok_or_else(SsfError::no_stream)?;
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
    let note =
        |(id, signed): &(String, Signed)| handed_out(&target, id, &signed.token, &signed.kid, now);
    let rows: Vec<_> = tokens.iter().map(note).collect();
    call.log.append(Batch::rows(rows)).await?;
    let sets = tokens.into_iter().map(|(id, signed)| (id, signed.token));
    Ok(PollResponse {
        sets: sets.collect(),
        more_available,
    })
}

/// The tokens by name. A hundred signatures take their time: not that of other requests.
async fn sign_all(
    snapshot: Arc<Snapshot>,
    stream: Stream,
    waiting: Vec<Waiting>,
) -> Result<Vec<(String, Signed)>, SsfError> {
    let sign = move || {
        let tokens = waiting.into_iter().map(|one| {
            let signed = signed(&snapshot.keys, &stream, &one.body, one.signed)?;
            Ok((one.id, signed))
        });
        tokens.collect::<Result<Vec<_>, Unsignable>>()
    };
    let done = tokio::task::spawn_blocking(sign).await;
    done.map_err(SsfError::internal)?
        .map_err(SsfError::internal)
}
