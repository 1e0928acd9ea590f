//! The rules of PATCH and PUT, as functions of the stream and the request (SSF 1.0 §8.1.1.3, §8.1.1.4).
//!
//! What the transmitter supplies must be as it is, if it is given at all. What the receiver supplies
//! takes the place of what was there. Event types that are not supported are ignored.

use crate::Audience;

use super::{Delivery, StreamConfiguration, UpdateStream, delivered};

/// A request that would change what is the transmitter's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is the transmitter's and not what the request has")]
pub struct Mismatch(pub &'static str);

impl StreamConfiguration {
    /// The stream after a PATCH.
    ///
    /// A change of method to poll leaves `endpoint_url` open, for the transmitter to fill in.
    pub fn patch(&self, request: UpdateStream) -> Result<Self, Mismatch> {
        self.check(&request)?;
        let mut stream = self.clone();
        if let Some(events) = request.events_requested {
            stream.events_requested = events;
        }
        if let Some(delivery) = request.delivery {
            stream.delivery = self.delivery.replaced(delivery)?;
        }
        if let Some(description) = request.description {
            stream.description = Some(description);
        }
        Ok(stream.settle())
    }

    /// The stream after a PUT. Without `delivery` it becomes a poll stream, as a new one would.
    pub fn replace(&self, request: UpdateStream) -> Result<Self, Mismatch> {
        self.check(&request)?;
        let delivery = request
            .delivery
            .unwrap_or(Delivery::Poll { endpoint_url: None });
        let stream = Self {
            events_requested: request.events_requested.unwrap_or_default(),
            delivery: self.delivery.replaced(delivery)?,
            description: request.description,
            ..self.clone()
        };
        Ok(stream.settle())
    }

    fn settle(mut self) -> Self {
        self.events_delivered = delivered(&self.events_supported, &self.events_requested);
        self
    }

    fn check(&self, request: &UpdateStream) -> Result<(), Mismatch> {
        let same_time =
            |given: Option<u64>, current: Option<u64>| given.is_none_or(|_| given == current);
        let rules = [
            ("stream_id", request.stream_id == self.stream_id),
            (
                "iss",
                request.iss.as_ref().is_none_or(|iss| *iss == self.iss),
            ),
            (
                "aud",
                same_set(request.aud.as_ref().map(Audience::names), self.aud.names()),
            ),
            (
                "events_supported",
                same_set(request.events_supported.as_deref(), &self.events_supported),
            ),
            (
                "events_delivered",
                same_set(request.events_delivered.as_deref(), &self.events_delivered),
            ),
            (
                "min_verification_interval",
                same_time(
                    request.min_verification_interval,
                    self.min_verification_interval,
                ),
            ),
            (
                "inactivity_timeout",
                same_time(request.inactivity_timeout, self.inactivity_timeout),
            ),
        ];
        match rules.into_iter().find(|(_, holds)| !holds) {
            Some((member, _)) => Err(Mismatch(member)),
            None => Ok(()),
        }
    }
}

impl Delivery {
    /// What becomes of the delivery when a receiver asks for another. A poll endpoint is the
    /// transmitter's: it stays, and a request can only repeat it.
    fn replaced(&self, requested: Self) -> Result<Self, Mismatch> {
        let Self::Poll { endpoint_url } = &requested else {
            return Ok(requested);
        };
        let current = match self {
            Self::Poll { endpoint_url } => endpoint_url,
            Self::Push { .. } | Self::Other { .. } => &None,
        };
        if endpoint_url.is_some() && endpoint_url != current {
            return Err(Mismatch("delivery.endpoint_url"));
        }
        let endpoint_url = current.clone();
        Ok(Self::Poll { endpoint_url })
    }
}

/// Lists of names are sets: their order means nothing.
fn same_set(given: Option<&[String]>, current: &[String]) -> bool {
    given.is_none_or(|given| {
        given.iter().all(|name| current.contains(name))
            && current.iter().all(|name| given.contains(name))
    })
}
