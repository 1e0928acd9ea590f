//! `POST /ssf/subjects/add` (SSF 1.0 §8.1.3.2).

use axum::extract::{Request, State};
use axum::http::StatusCode;
use shared_signals::stream::AddSubject;

use crate::app::App;
use crate::error::SsfError;
use crate::ssf::call::Call;

pub(in crate::ssf) async fn add(
    State(app): State<App>,
    request: Request,
) -> Result<StatusCode, SsfError> {
    let (call, body) = Call::managing(app, request).await?;
    let asked: AddSubject = call.read(body).await?;
    super::set(&call, &asked.stream_id, &asked.subject, true).await?;
    Ok(StatusCode::OK)
}
