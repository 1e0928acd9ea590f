//! `PATCH /ssf/streams`: what a receiver names of its stream takes the place of what was there, the rest
//! stays (SSF 1.0 §8.1.1.3). So does the `Authorization` header, as no answer shows it.

use axum::Json;
use axum::extract::{Request, State};
use shared_signals::stream::StreamConfiguration;

use super::edit::edit;
use crate::app::App;
use crate::command::streams::NewAuthorization;
use crate::error::SsfError;
use crate::ssf::call::Call;

pub(in crate::ssf) async fn update(
    State(app): State<App>,
    request: Request,
) -> Result<Json<StreamConfiguration>, SsfError> {
    let (call, body) = Call::managing(app, request).await?;
    edit(
        call,
        body,
        NewAuthorization::Keep,
        StreamConfiguration::patch,
    )
    .await
}
