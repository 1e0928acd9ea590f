//! What every newtype over text shares: the text is an `Arc<str>`, so that a clone is a count.

/// Gives a value with `parse` and `as_str` its conversions: `Display`, `FromStr`, `AsRef<str>` and
/// serde as a string, always through `parse`.
macro_rules! text_traits {
    ($name:ident, $error:ty) => {
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl core::str::FromStr for $name {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, $error> {
                Self::parse(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text =
                    <alloc::string::String as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Describes a value that is a string on the wire, by its own documentation.
macro_rules! text_schema {
    ($name:ident, $format:expr, $doc:expr) => {
        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                use utoipa::openapi::{ObjectBuilder, SchemaFormat, Type};
                let format: Option<&str> = $format;
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .format(format.map(|name| SchemaFormat::Custom(name.into())))
                    .description(Some($doc.trim()))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}

/// Declares `struct Name(Arc<str>)` with `as_str`, the traits above, and `Borrow<str>`, so that
/// maps keyed by it can be asked with a `&str`.
macro_rules! text_value {
    ($(#[doc = $doc:literal])* $name:ident, $error:ty) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(alloc::sync::Arc<str>);

        impl $name {
            /// The text in its stored form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl core::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        $crate::value::text::text_traits!($name, $error);
        $crate::value::text::text_schema!($name, None, concat!($($doc),*));
    };
}

pub(crate) use {text_schema, text_traits, text_value};
