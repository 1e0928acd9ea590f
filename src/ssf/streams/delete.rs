//! `DELETE /ssf/streams`: the stream that the query names is gone, with what waits in it (SSF 1.0
//! §8.1.1.5).

use axum::extract::{Request, State};
use axum::http::StatusCode;

use crate::app::App;
use crate::command::streams::DeleteStream;
use crate::error::SsfError;
use crate::ssf::call::Call;

pub(in crate::ssf) async fn delete(
    State(app): State<App>,
    request: Request,
) -> Result<StatusCode, SsfError> {
    let (call, _) = Call::managing(app, request).await?;
    let named = call.stream_of_query()?;
    let named = named.ok_or_else(|| SsfError::invalid("the query names no stream_id"))?;
    let id = call.stream(&named).await?.id;
    let of = Some(call.client().clone());
    call.execute(&DeleteStream { id, of }).await?;
    Ok(StatusCode::NO_CONTENT)
}
