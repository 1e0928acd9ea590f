//! `POST /ssf/verify`: a receiver asks for a sign of life on its stream (SSF 1.0 §8.1.4.2).

use axum::extract::{Request, State};
use axum::http::StatusCode;
use shared_signals::stream::VerificationRequest;

use super::call::Call;
use super::set;
use crate::app::App;
use crate::command::verification::{RequestVerification, Verification};
use crate::error::SsfError;

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
    let jti = call.new_id().to_string();
    let issuer = &call.config.issuer;
    let token = set::verification(issuer, &stream, jti, call.now(), asked.state);
    let token = token.map_err(SsfError::internal)?;
    let command = RequestVerification {
        id: stream.id,
        of: call.client().clone(),
        kind: token.event.uri().to_owned(),
        claims: serde_json::to_string(&token).map_err(SsfError::internal)?,
        jti: token.jti,
    };
    match call.execute(&command).await? {
        Verification::Queued => Ok(StatusCode::NO_CONTENT),
        Verification::TooSoon(seconds) => Err(SsfError::too_often(seconds)),
    }
}
