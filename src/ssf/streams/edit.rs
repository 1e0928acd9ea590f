//! What PATCH and PUT share: the present configuration, changed by the rule of the method.

use axum::Json;
use axum::body::Body;
use domain::refusal::Refusal;
use domain::stream::{Delivery, Stream};
use shared_signals::stream::{Mismatch, StreamConfiguration, UpdateStream as Asked};

use crate::command::streams::{NewAuthorization, UpdateStream};
use crate::error::SsfError;
use crate::ssf::call::Call;
use crate::ssf::{configuration, endpoint};

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
        endpoint::check(&call, &configuration::delivery(&Delivery::Poll, &delivery)?)?;
        asked.delivery = Some(delivery);
    }
    let header = asked
        .delivery
        .as_ref()
        .and_then(configuration::authorization);
    let authorization =
        header.map(|header| NewAuthorization::Set(endpoint::seal(&call, id, &header)));
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
