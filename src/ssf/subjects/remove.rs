//! `POST /ssf/subjects/remove` (SSF 1.0 §8.1.3.3).

use axum::extract::{Request, State};
use axum::http::StatusCode;
use shared_signals::stream::RemoveSubject;

use crate::app::App;
use crate::error::SsfError;
use crate::ssf::call::Call;

pub(in crate::ssf) async fn remove(
    State(app): State<App>,
    request: Request,
) -> Result<StatusCode, SsfError> {
    let (call, body) = Call::managing(app, request).await?;
    let asked: RemoveSubject = call.read(body).await?;
    super::set(&call, &asked.stream_id, &asked.subject, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
