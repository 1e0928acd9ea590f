//! `POST /ssf/verify`: a receiver asks for a sign of life on its stream (SSF 1.0 §8.1.4.2). An operator may
//! have one sent, too.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use domain::refusal::Refusal;
use domain::stream::Stream;
use domain::value::{ClientId, StreamId};
use shared_signals::stream::VerificationRequest;

use super::call::Call;
use super::set;
use crate::app::App;
use crate::command::verification::{RequestVerification, Verification};
use crate::error::SsfError;
use crate::execute::{Facts, Refused, execute};
use crate::read::{self, streams};

/// The longest state, in bytes.
const LONGEST_STATE: usize = 1000;

pub(super) async fn verify(
    State(app): State<App>,
    request: Request,
) -> Result<StatusCode, SsfError> {
    let (call, body) = Call::managing(app, request).await?;
    let asked: VerificationRequest = call.read(body).await?;
    if asked
        .state
        .as_ref()
        .is_some_and(|state| state.len() > LONGEST_STATE)
    {
        return Err(SsfError::invalid("state: at most 1000 bytes"));
    }
    let stream = call.stream(&asked.stream_id).await?;
    let state = asked.state;
    let facts = call.facts();
    match queue(&call, &facts, &stream, Some(call.client().clone()), state).await? {
        Verification::Queued => Ok(StatusCode::NO_CONTENT),
        Verification::TooSoon(seconds) => Err(SsfError::too_often(seconds)),
    }
}

/// Sends a verification event that nobody asked for, and which has no state therefore (SSF 1.0 §8.1.4.1).
pub(crate) async fn send_verification(
    app: &App,
    facts: &Facts,
    stream: StreamId,
) -> Result<(), Refused> {
    let found = streams::get(&app.log, stream).await?;
    let (stream, _) = found.ok_or(Refusal::NotFound("stream"))?;
    queue(app, facts, &stream, None, None).await?;
    Ok(())
}

async fn queue(
    app: &App,
    facts: &Facts,
    stream: &Stream,
    of: Option<ClientId>,
    state: Option<String>,
) -> Result<Verification, Refused> {
    let jti = app.new_id().to_string();
    let token = set::verification(&app.config.issuer, stream, jti, facts.now, state);
    let token = token.map_err(|error| Refused::Internal(error.to_string()))?;
    let command = RequestVerification {
        id: stream.id,
        of,
        kind: token.event.uri().to_owned(),
        claims: read::json(&token),
        jti: token.jti,
    };
    execute(app, &command, facts).await
}
