//! `POST /ssf/streams`: a receiver makes a stream (SSF 1.0 §8.1.1.1). Without `delivery` it is polled.
//!
//! How many it may have is its client's `add_stream`.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use domain::stream::{Delivery, StreamSettings};
use domain::value::StreamId;
use shared_signals::stream::{self as wire, StreamConfiguration};

use crate::app::App;
use crate::command::streams::CreateStream;
use crate::error::SsfError;
use crate::ssf::call::Call;
use crate::ssf::{configuration, endpoint};

pub(in crate::ssf) async fn create(
    State(app): State<App>,
    request: Request,
) -> Result<(StatusCode, Json<StreamConfiguration>), SsfError> {
    let (call, body) = Call::managing(app, request).await?;
    let snapshot = call.snapshot.get()?;
    let client = snapshot.clients.get(call.client());
    if client.is_none_or(|entry| entry.client.settings.add_stream == 0) {
        let description = "an operator makes the streams of this receiver";
        return Err(SsfError::new(StatusCode::FORBIDDEN, description));
    }
    let asked: wire::CreateStream = call.read(body).await?;
    let delivery = asked
        .delivery
        .unwrap_or(wire::Delivery::Poll { endpoint_url: None });
    let delivery = configuration::by_present_name(delivery)?;
    let settings = StreamSettings {
        events_requested: asked.events_requested.unwrap_or_default(),
        description: configuration::cut(asked.description.unwrap_or_default()),
        ..StreamSettings::new(configuration::delivery(&Delivery::Poll, &delivery)?)
    };
    endpoint::check(&call, &settings.delivery)?;
    let id = StreamId::new(call.new_id());
    let authorization = configuration::authorization(&delivery);
    let command = CreateStream {
        id,
        client: call.client().clone(),
        settings,
        authorization: authorization.map(|header| endpoint::seal(&call, id, &header)),
        by_receiver: true,
    };
    let stream = call.execute(&command).await?;
    let made = configuration::of(&call.config.issuer, &stream);
    Ok((StatusCode::CREATED, Json(made)))
}
