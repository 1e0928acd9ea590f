//! The small closed choices: signature algorithm, token format, party.

use serde::{Deserialize, Serialize};

/// A name that is not one of the choices.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of: {0}")]
pub struct InvalidName(&'static str);

macro_rules! choice {
    ($(#[doc = $doc:literal])* $name:ident, $names:literal, { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every choice.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// Reads a name, exactly as written on the wire.
            pub fn parse(text: &str) -> Result<Self, InvalidName> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(InvalidName($names)),
                }
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::Type::String)
                    .enum_values(Some([$($text),+]))
                    .description(Some(concat!($($doc),*).trim()))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl core::str::FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::parse(text)
            }
        }
    };
}

choice!(
    /// How a token is signed (RFC 7518 §3.1, RFC 8037 §3.1).
    SigningAlg, "RS256, ES256, EdDSA", {
        /// RSA PKCS #1 v1.5 with SHA-256: what every OpenID Connect client understands.
        Rs256 = "RS256",
        /// ECDSA on P-256 with SHA-256: the default of access tokens.
        Es256 = "ES256",
        /// Ed25519.
        EdDsa = "EdDSA",
    }
);

choice!(
    /// What an API's access tokens look like.
    TokenFormat, "jwt, opaque", {
        /// RFC 9068: checked by the API itself, valid until `exp`.
        Jwt = "jwt",
        /// A random name: checked by introspection, revoked at once.
        Opaque = "opaque",
    }
);

choice!(
    /// Whose software a client is.
    Party, "first, third", {
        /// The realm's own: consent is not asked.
        First = "first",
        /// Somebody else's: consent is asked, and every API needs a ceiling for it.
        Third = "third",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_wire_in_both_directions() {
        for alg in SigningAlg::ALL {
            assert_eq!(SigningAlg::parse(alg.as_str()), Ok(*alg));
            assert_eq!(
                serde_json::to_string(alg).unwrap(),
                alloc::format!("\"{alg}\"")
            );
        }
        assert_eq!(
            alloc::format!("{}", SigningAlg::parse("HS256").unwrap_err()),
            "expected one of: RS256, ES256, EdDSA"
        );
    }
}
