//! What PATCH and PUT share: the present configuration, changed by the rule of the method.

use std::fmt::Display;

use axum::Json;
use axum::body::Body;
use domain::refusal::Refusal;
use domain::stream::Stream;
use domain::value::StreamId;
use shared_signals::stream::{
    AuthorizationHeader, Delivery, Mismatch, StreamConfiguration, UpdateStream as Asked,
};

use crate::command::streams::{NewAuthorization, UpdateStream, place};
use crate::error::SsfError;
use crate::outbound::Endpoint;
use crate::ssf::call::Call;
use crate::ssf::configuration;

/// Edits the stream that the body names. `otherwise` becomes of the `Authorization` header where the
/// body has none.
pub(super) async fn edit(
    call: Call,
    body: Body,
    otherwise: NewAuthorization,
    rule: fn(&StreamConfiguration, Asked) -> Result<StreamConfiguration, Mismatch>,
) -> Result<Json<StreamConfiguration>, SsfError> {
    let mut asked: Asked = call.read(body).await?;
    let Stream { id, .. } = call.stream(&asked.stream_id).await?;
    if let Some(delivery) = asked.delivery.take() {
        let delivery = configuration::by_present_name(delivery)?;
        reachable(&call, &delivery)?;
        asked.delivery = Some(delivery);
    }
    let header = asked
        .delivery
        .as_ref()
        .and_then(configuration::authorization);
    let authorization = header.map(|header| NewAuthorization::Set(seal(&call, id, &header)));
    let issuer = &call.config.issuer;
    let command = UpdateStream {
        id,
        of: Some(call.client().clone()),
        change: |stream: &Stream| {
            let present = configuration::of(issuer, stream);
            let wanted = rule(&present, asked.clone());
            let wanted = wanted.map_err(|mismatch| Refusal::Invalid(mismatch.to_string()))?;
            configuration::settings(&stream.settings, wanted)
        },
        authorization: authorization.unwrap_or(otherwise),
    };
    let stream = call.execute(&command).await?;
    Ok(Json(configuration::of(issuer, &stream)))
}

/// Refuses an endpoint that nothing would be sent to anyway.
pub(super) fn reachable(call: &Call, delivery: &Delivery) -> Result<(), SsfError> {
    let Delivery::Push { endpoint_url, .. } = delivery else {
        return Ok(());
    };
    let refused = |error: &dyn Display| SsfError::invalid(format!("endpoint_url: {error}"));
    let endpoint = Endpoint::parse(endpoint_url).map_err(|error| refused(&error))?;
    call.outbound
        .check(&endpoint)
        .map_err(|error| refused(&error))
}

/// A header as it is kept.
pub(super) fn seal(call: &Call, stream: StreamId, header: &AuthorizationHeader) -> Vec<u8> {
    let stream = stream.to_string();
    let header = header.expose().as_bytes();
    call.master_key.seal(place(&stream), header, &*call.rng)
}
