//! Events as types: those of the framework, of CAEP 1.0 and of RISC 1.0, and any other as it came.
//!
//! An event type is a URI and a payload. Unknown members of a payload are ignored, as the
//! specifications demand; a known member of the wrong form makes the event malformed.

pub mod caep;
mod common;
pub mod risc;
pub mod ssf;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

pub use caep::Caep;
pub use common::{Common, InitiatingEntity, Localized};
pub use risc::Risc;
pub use ssf::Ssf;

use crate::{Malformed, Subject};

/// The event types of one specification: the enum, its table, reading by name, and serialising as
/// the payload. A type without members of its own is a unit and serialises as `{}`.
macro_rules! events {
    (
        $(#[$meta:meta])* $name:ident, $specification:expr, $base:literal {
            $($(#[$event_meta:meta])* $event:ident $(($payload:ty))? = $uri_name:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$event_meta])* $event $(($payload))?,)+
        }

        impl $name {
            /// Every event type of the specification, in its order.
            pub const TYPES: &[$crate::EventType] = &[$($crate::EventType {
                uri: concat!($base, $uri_name),
                name: $uri_name,
                specification: $specification,
            },)+];

            /// The event type's URI.
            pub const fn uri(&self) -> &'static str {
                match self {
                    $(Self::$event { .. } => concat!($base, $uri_name),)+
                }
            }

            /// The payload of the type with this name, which is one of [`Self::TYPES`].
            pub(super) fn read(
                name: &str,
                payload: serde_json::Map<String, serde_json::Value>,
            ) -> Result<Self, serde_json::Error> {
                match name {
                    $($uri_name => Ok(Self::$event $((
                        <$payload as serde::Deserialize>::deserialize(
                            serde_json::Value::Object(payload)
                        )?
                    ))?),)+
                    _ => Err(serde::de::Error::custom("of an unknown type")),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $(events!(@members self, serializer, $event $(, $payload)?);)+
                serializer.collect_map(std::iter::empty::<((), ())>())
            }
        }

        impl From<$name> for $crate::Event {
            fn from(event: $name) -> Self {
                Self::$name(event)
            }
        }

        $($(impl From<$payload> for $crate::Event {
            fn from(payload: $payload) -> Self {
                Self::$name($name::$event(payload))
            }
        })?)+
    };
    (@members $self:ident, $serializer:ident, $event:ident) => {};
    (@members $self:ident, $serializer:ident, $event:ident, $payload:ty) => {
        if let Self::$event(payload) = $self {
            return payload.serialize($serializer);
        }
    };
}
use events;

/// An event. It serialises as its payload; the URI is the name it goes by in `events`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Continuous Access Evaluation Profile 1.0.
    Caep(Caep),
    /// Risk Incident Sharing and Coordination Profile 1.0.
    Risc(Risc),
    /// The framework's own.
    Ssf(Ssf),
    /// An event type that this crate does not know; or, in tolerant mode, one that it knows whose
    /// payload is not what the type demands.
    Other {
        /// The event type.
        uri: String,
        /// The payload as it came.
        payload: Map<String, Value>,
    },
}

/// What is known of an event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventType {
    /// The URI, which names the type in `events` and in a stream's configuration.
    pub uri: &'static str,
    /// The last part of the URI.
    pub name: &'static str,
    /// Where the type is defined.
    pub specification: Specification,
}

/// The specification that defines an event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Specification {
    /// OpenID Shared Signals Framework 1.0.
    Ssf,
    /// OpenID Continuous Access Evaluation Profile 1.0.
    Caep,
    /// OpenID RISC Profile 1.0.
    Risc,
}

impl Specification {
    /// The specification's title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Ssf => "OpenID Shared Signals Framework 1.0",
            Self::Caep => "OpenID Continuous Access Evaluation Profile 1.0",
            Self::Risc => "OpenID RISC Profile 1.0",
        }
    }
}

impl EventType {
    /// Every event type that this crate knows, specification by specification.
    pub const ALL: [&'static [Self]; 3] = [Ssf::TYPES, Caep::TYPES, Risc::TYPES];

    /// The event type with this URI.
    pub fn find(uri: &str) -> Option<&'static Self> {
        Self::ALL
            .into_iter()
            .flatten()
            .find(|known| known.uri == uri)
    }
}

impl Event {
    /// The event type's URI.
    pub fn uri(&self) -> &str {
        match self {
            Self::Caep(event) => event.uri(),
            Self::Risc(event) => event.uri(),
            Self::Ssf(event) => event.uri(),
            Self::Other { uri, .. } => uri,
        }
    }

    /// Reads the payload of an event type.
    pub fn parse(uri: &str, payload: Map<String, Value>) -> Result<Self, Malformed> {
        let Some(known) = EventType::find(uri) else {
            let uri = uri.to_owned();
            return Ok(Self::Other { uri, payload });
        };
        match known.specification {
            Specification::Caep => Caep::read(known.name, payload).map(Self::Caep),
            Specification::Risc => Risc::read(known.name, payload).map(Self::Risc),
            Specification::Ssf => Ssf::read(known.name, payload).map(Self::Ssf),
        }
        .map_err(|error| Malformed::new(format!("the event {}: {error}", known.name)))
    }

    /// Whether an event of this type can be about this subject.
    pub fn allows(&self, subject: &Subject) -> bool {
        match self {
            Self::Risc(event) => event.allows(subject),
            Self::Ssf(event) => event.allows(subject),
            Self::Caep(_) | Self::Other { .. } => true,
        }
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Caep(event) => event.serialize(serializer),
            Self::Risc(event) => event.serialize(serializer),
            Self::Ssf(event) => event.serialize(serializer),
            Self::Other { payload, .. } => payload.serialize(serializer),
        }
    }
}
