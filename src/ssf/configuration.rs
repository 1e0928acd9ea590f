//! A stream as the wire has it (SSF 1.0 §8.1.1), and what a receiver may set of it.

use domain::refusal::Refusal;
use domain::stream::{Delivery, LONGEST_DESCRIPTION, Stream, StreamSettings, StreamStatus, Tls};
use domain::value::{EndpointUrl, Issuer};
use shared_signals::stream::{
    self as wire, AuthorizationHeader, LEGACY_POLL, LEGACY_PUSH, StreamConfiguration,
};

use super::{path, set, table};

/// A stream as its receiver sees it. The `Authorization` header is not shown to anyone.
pub(super) fn of(issuer: &Issuer, stream: &Stream) -> StreamConfiguration {
    let settings = &stream.settings;
    let or_none = |seconds: u32| (seconds > 0).then_some(u64::from(seconds));
    StreamConfiguration {
        stream_id: stream.id.to_string(),
        iss: issuer.to_string(),
        aud: set::audience(stream),
        events_supported: table::supported().map(str::to_owned).collect(),
        events_requested: settings.events_requested.clone(),
        events_delivered: delivered(&settings.events_requested),
        delivery: match &settings.delivery {
            Delivery::Push { endpoint_url, .. } => wire::Delivery::Push {
                endpoint_url: endpoint_url.to_string(),
                authorization_header: None,
            },
            Delivery::Poll => wire::Delivery::Poll {
                endpoint_url: Some(path::poll(issuer, stream.id)),
            },
        },
        min_verification_interval: or_none(settings.min_verification_interval),
        inactivity_timeout: or_none(settings.inactivity_timeout),
        description: Some(settings.description.clone()).filter(|text| !text.is_empty()),
    }
}

fn delivered(requested: &[String]) -> Vec<String> {
    let delivered = table::delivered(requested).into_iter();
    delivered.map(str::to_owned).collect()
}

/// A status as the wire has it.
pub(super) fn status(status: StreamStatus) -> wire::Status {
    match status {
        StreamStatus::Enabled => wire::Status::Enabled,
        StreamStatus::Paused => wire::Status::Paused,
        StreamStatus::Disabled => wire::Status::Disabled,
    }
}

/// A delivery by the name that its method has today. Receivers of the drafts' time still ask for push
/// and poll by older names.
pub(super) fn by_present_name(delivery: wire::Delivery) -> Result<wire::Delivery, Refusal> {
    let wire::Delivery::Other {
        method,
        endpoint_url,
        authorization_header,
    } = delivery
    else {
        return Ok(delivery);
    };
    match (method.as_str(), endpoint_url) {
        (LEGACY_PUSH, Some(endpoint_url)) => Ok(wire::Delivery::Push {
            endpoint_url,
            authorization_header,
        }),
        (LEGACY_PUSH, None) => Err(Refusal::Invalid("delivery: endpoint_url is missing".into())),
        (LEGACY_POLL, endpoint_url) => Ok(wire::Delivery::Poll { endpoint_url }),
        _ => Err(Refusal::Invalid(
            "delivery: this method is not supported, see delivery_methods_supported".into(),
        )),
    }
}

/// The `Authorization` header that is asked for.
pub(super) fn authorization(delivery: &wire::Delivery) -> Option<AuthorizationHeader> {
    match delivery {
        wire::Delivery::Push {
            authorization_header,
            ..
        } => authorization_header.clone(),
        _ => None,
    }
}

/// The settings with what a receiver may set of them as it is in `wanted`.
pub(super) fn settings(
    present: &StreamSettings,
    wanted: StreamConfiguration,
) -> Result<StreamSettings, Refusal> {
    Ok(StreamSettings {
        events_requested: wanted.events_requested,
        delivery: delivery(&present.delivery, &wanted.delivery)?,
        description: cut(wanted.description.unwrap_or_default()),
        ..present.clone()
    })
}

/// The delivery that is asked for. How a push endpoint proves who it is stays what an operator said.
pub(super) fn delivery(present: &Delivery, wanted: &wire::Delivery) -> Result<Delivery, Refusal> {
    let wire::Delivery::Push { endpoint_url, .. } = wanted else {
        return Ok(Delivery::Poll);
    };
    let endpoint_url =
        EndpointUrl::parse(endpoint_url).map_err(|error| Refusal::Invalid(error.to_string()))?;
    let tls = match present {
        Delivery::Push { tls, .. } => tls.clone(),
        Delivery::Poll => Tls::default(),
    };
    Ok(Delivery::Push { endpoint_url, tls })
}

/// A description is for people: what is too long is cut (SSF 1.0 §8.1.1).
pub(super) fn cut(mut description: String) -> String {
    description.truncate(description.floor_char_boundary(LONGEST_DESCRIPTION));
    description
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_cut_between_characters() {
        assert_eq!(cut("short".into()), "short");
        let long = "é".repeat(LONGEST_DESCRIPTION);
        assert_eq!(cut(format!("a{long}")).len(), LONGEST_DESCRIPTION - 1);
        assert_eq!(cut(long).len(), LONGEST_DESCRIPTION);
    }
}
