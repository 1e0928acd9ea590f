//! A push endpoint, whoever names it: where it may be, how it proves who it is, and the header it is sent.

use domain::refusal::Refusal;
use domain::stream::{Delivery, Tls};
use domain::value::StreamId;
use shared_signals::stream::AuthorizationHeader;

use crate::app::App;
use crate::command::streams::place;
use crate::outbound;

/// Refuses an endpoint that nothing would be sent to anyway.
pub(crate) fn check(app: &App, delivery: &Delivery) -> Result<(), Refusal> {
    let Delivery::Push { endpoint_url, tls } = delivery else {
        return Ok(());
    };
    let allowed = app.outbound.check_url(endpoint_url);
    allowed.map_err(|error| Refusal::Invalid(format!("endpoint_url: {error}")))?;
    let trusted = app.outbound.check_tls(&by(tls));
    trusted.map_err(|error| Refusal::Invalid(format!("tls: {error}")))
}

/// How the outbound client verifies an endpoint.
pub(super) fn by(tls: &Tls) -> outbound::Tls {
    match tls {
        Tls::Public => outbound::Tls::System,
        Tls::PrivateCa(pem) => outbound::Tls::Ca(pem.as_str().into()),
        Tls::Unverified => outbound::Tls::Unverified,
    }
}

/// A header as it is kept.
pub(crate) fn seal(app: &App, stream: StreamId, header: &AuthorizationHeader) -> Vec<u8> {
    let stream = stream.to_string();
    let header = header.expose().as_bytes();
    app.master_key.seal(place(&stream), header, &*app.rng)
}
