//! JSON that must be an object, and enumerations that others may extend.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Deviation, Deviations, Malformed};

/// Reads a message of this crate from a body. Unlike `serde_json::from_slice` it takes nothing but
/// an object: derived readers would take an array for a struct as well.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Malformed> {
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Malformed::new("not a JSON object"));
    }
    Ok(serde_json::from_slice(body)?)
}

/// Leaves out what is `null`, as some write what they do not have.
pub(crate) fn leave_out_nulls(members: &mut Map<String, Value>, deviations: &mut Deviations) {
    members.retain(|name, value| {
        if value.is_null() {
            deviations.note(Deviation::Null(name.clone()));
        }
        !value.is_null()
    });
}

/// An enumeration of strings that the parties may extend: an unknown value is kept as it came.
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`.")] $variant,)+
            /// Any other value. Build it by `from`, which knows the names above.
            #[non_exhaustive]
            Other(String),
        }

        impl $name {
            /// The value on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(value) => value,
                }
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $($text => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = String::deserialize(deserializer)?;
                Ok(Self::from(value.as_str()))
            }
        }
    };
}
pub(crate) use open_enum;
