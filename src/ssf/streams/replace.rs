//! `PUT /ssf/streams`: all that a receiver may set of its stream is set; what it leaves out, the
//! `Authorization` header as well, is there no more (SSF 1.0 §8.1.1.4).

use axum::Json;
use axum::extract::{Request, State};
use shared_signals::stream::StreamConfiguration;

use super::edit::edit;
use crate::app::App;
use crate::command::streams::NewAuthorization;
use crate::error::SsfError;
use crate::ssf::call::Call;

pub(in crate::ssf) async fn replace(
    State(app): State<App>,
    request: Request,
) -> Result<Json<StreamConfiguration>, SsfError> {
    let (call, body) = Call::managing(app, request).await?;
    edit(
        call,
        body,
        NewAuthorization::Remove,
        StreamConfiguration::replace,
    )
    .await
}
