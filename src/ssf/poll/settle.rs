//! What a receiver says of tokens that it was given (RFC 8936 §2.2): it has them, or will not have them.

use domain::value::StreamId;
use eventlog::Batch;
use shared_signals::{PollRequest, SetError};

use crate::command::streams::target;
use crate::delivery::poll::{acknowledged, refused};
use crate::error::SsfError;
use crate::ssf::call::Call;

/// How many tokens one request may speak of.
const MOST: usize = 1000;

/// Notes it. Names that are not known, or known no more, mean nothing.
pub(super) async fn settle(
    call: &Call,
    stream: StreamId,
    asked: &PollRequest,
) -> Result<(), SsfError> {
    if asked.ack.len() + asked.set_errs.len() > MOST {
        let description = format!("ack and setErrs name at most {MOST} tokens");
        return Err(SsfError::invalid(description));
    }
    let (target, now) = (target(stream), call.now());
    // No name of ours has a NUL, which the database would not take.
    let is_name = |id: &&str| !id.contains('\0');
    let ack: Vec<&str> = asked
        .ack
        .iter()
        .map(String::as_str)
        .filter(is_name)
        .collect();
    let mut rows = Vec::new();
    if !ack.is_empty() {
        rows.extend(acknowledged(&target, &ack, now));
    }
    for (id, SetError { err, description }) in &asked.set_errs {
        tracing::warn!(%stream, jti = ?id, err = ?err.as_str(), "a receiver refused a token");
        if is_name(&id.as_str()) {
            rows.extend(refused(&target, id, &format!("{err}: {description}"), now));
        }
    }
    if !rows.is_empty() {
        call.log.append(Batch::rows(rows)).await?;
    }
    Ok(())
}
