//! `GET /ssf/streams`: one of the receiver's streams, or all of them (SSF 1.0 §8.1.1.2).

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::SsfError;
use crate::read::streams;
use crate::ssf::call::Call;
use crate::ssf::configuration;

pub(in crate::ssf) async fn read(
    State(app): State<App>,
    request: Request,
) -> Result<Response, SsfError> {
    let (call, _) = Call::reading(app, request).await?;
    if let Some(id) = call.stream_of_query()? {
        let stream = call.stream(&id).await?;
        return Ok(Json(configuration::of(&call.config.issuer, &stream)).into_response());
    }
    let streams = streams::of_client(&call.log, call.client()).await?;
    let streams = streams
        .iter()
        .map(|(stream, _)| configuration::of(&call.config.issuer, stream));
    Ok(Json(streams.collect::<Vec<_>>()).into_response())
}
