//! Identifiers: UUIDs with a type each, so that a group can never be passed for a user.

use uuid::Uuid;

/// Not an identifier of this kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a {0} id: expected a UUID such as 01980c4e-7c1a-7000-8000-000000000001")]
pub struct InvalidId(&'static str);

macro_rules! id {
    ($(#[doc = $doc:literal])* $name:ident, $noun:literal) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The identifier with this UUID, which the caller made (UUIDv7) or read back.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Reads the hyphenated form; the other spellings of a UUID are refused, so that one
            /// thing has one name.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                match Uuid::try_parse(text) {
                    Ok(uuid) if text.len() == 36 => Ok(Self(uuid)),
                    _ => Err(InvalidId($noun)),
                }
            }

            /// The UUID itself.
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        super::text::text_schema!($name, Some("uuid"), concat!($($doc),*));

        impl core::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <alloc::string::String as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(/// A person or service account; the `sub` of their tokens.
    UserId, "user");
id!(/// A group; it outlives its name.
    GroupId, "group");
id!(/// A registered API (OAuth: resource server).
    ApiId, "API");
id!(/// One sign-in in one browser.
    SessionId, "session");
id!(/// What one person allowed one client; codes and refresh tokens hang from it.
    GrantId, "grant");
id!(/// An access rule of an API.
    RuleId, "rule");
id!(/// A chain of rotated refresh tokens.
    FamilyId, "token family");
id!(/// A Shared Signals stream: what one receiver hears.
    StreamId, "stream");
id!(/// What somebody outside reported about a person.
    SignalId, "signal");

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    const TEXT: &str = "01980c4e-7c1a-7000-8000-000000000001";

    #[test]
    fn an_id_has_one_spelling() {
        let id = UserId::parse(TEXT).unwrap();
        assert_eq!(id.to_string(), TEXT);
        assert_eq!(
            serde_json::to_string(&id).unwrap(),
            alloc::format!("\"{TEXT}\"")
        );
        for other in [
            "01980c4e7c1a70008000000000000001",
            "{01980c4e-7c1a-7000-8000-000000000001}",
            "urn:uuid:01980c4e-7c1a-7000-8000-000000000001",
            "",
        ] {
            assert!(UserId::parse(other).is_err(), "{other}");
        }
    }

    #[test]
    fn the_error_names_the_kind() {
        let error = GroupId::parse("photos").unwrap_err().to_string();
        assert!(error.starts_with("not a group id"), "{error}");
    }
}
