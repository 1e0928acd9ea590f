//! `GET /ssf/status`: whether a stream's events are sent (SSF 1.0 §8.1.2.1).

use axum::Json;
use axum::extract::{Request, State};
use shared_signals::stream::StreamStatus;

use crate::app::App;
use crate::error::SsfError;
use crate::ssf::call::Call;

pub(in crate::ssf) async fn read(
    State(app): State<App>,
    request: Request,
) -> Result<Json<StreamStatus>, SsfError> {
    let (call, _) = Call::reading(app, request).await?;
    let named = call.stream_of_query()?;
    let named = named.ok_or_else(|| SsfError::invalid("the query names no stream_id"))?;
    Ok(Json(super::of(call.stream(&named).await?)))
}
