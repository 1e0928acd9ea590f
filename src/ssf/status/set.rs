//! `POST /ssf/status`: a receiver enables, pauses or disables its stream (SSF 1.0 §8.1.2.2). What an
//! operator stopped stays so.

use axum::Json;
use axum::extract::{Request, State};
use domain::stream::{self, StatusSetter};
use serde::Deserialize;
use shared_signals::stream::{Status, StreamStatus};

use crate::app::App;
use crate::command::streams::SetStreamStatus;
use crate::error::SsfError;
use crate::ssf::call::Call;

/// What is asked. Some receivers name the stream in the query, some in the body, some in both.
#[derive(Deserialize)]
struct Asked {
    stream_id: Option<String>,
    status: Status,
    reason: Option<String>,
}

pub(in crate::ssf) async fn set(
    State(app): State<App>,
    request: Request,
) -> Result<Json<StreamStatus>, SsfError> {
    let (call, body) = Call::managing(app, request).await?;
    let in_query = call.stream_of_query()?;
    let asked: Asked = call.read(body).await?;
    let named = match (in_query, asked.stream_id) {
        (Some(query), Some(body)) if query != body => {
            return Err(SsfError::invalid("query and body name different streams"));
        }
        (query, body) => query.or(body),
    };
    let named = named.ok_or_else(|| SsfError::invalid("stream_id is missing"))?;
    let id = call.stream(&named).await?.id;
    let command = SetStreamStatus {
        id,
        of: Some(call.client().clone()),
        status: match asked.status {
            Status::Enabled => stream::StreamStatus::Enabled,
            Status::Paused => stream::StreamStatus::Paused,
            Status::Disabled => stream::StreamStatus::Disabled,
        },
        reason: asked.reason.filter(|reason| !reason.is_empty()),
        by: StatusSetter::Receiver,
    };
    Ok(Json(super::of(call.execute(&command).await?)))
}
