//! Who a client grant is for, as a part of a path: `client:ID`, or a class of clients.

use std::fmt;

use domain::api::Holder;
use domain::value::ClientId;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// `client:ID`, `first_party`, `third_party` or `all`.
#[derive(Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String)]
pub(super) struct HolderName(pub(super) Holder);

impl fmt::Display for HolderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Holder::Client(client) => write!(f, "client:{client}"),
            Holder::FirstParty => f.write_str("first_party"),
            Holder::ThirdParty => f.write_str("third_party"),
            Holder::All => f.write_str("all"),
        }
    }
}

impl Serialize for HolderName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HolderName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let holder = match text.as_str() {
            "first_party" => Holder::FirstParty,
            "third_party" => Holder::ThirdParty,
            "all" => Holder::All,
            _ => {
                let client = text.strip_prefix("client:").ok_or_else(|| {
                    D::Error::custom("expected client:ID, first_party, third_party or all")
                })?;
                Holder::Client(ClientId::parse(client).map_err(D::Error::custom)?)
            }
        };
        Ok(Self(holder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holders_have_names() {
        let client = Holder::Client(ClientId::parse("https://app.example/c").unwrap());
        for (holder, name) in [
            (client, "client:https://app.example/c"),
            (Holder::FirstParty, "first_party"),
            (Holder::ThirdParty, "third_party"),
            (Holder::All, "all"),
        ] {
            let json = serde_json::to_value(HolderName(holder)).unwrap();
            assert_eq!(json, name);
            assert_eq!(
                serde_json::from_value::<HolderName>(json)
                    .unwrap()
                    .to_string(),
                name
            );
        }
        assert!(serde_json::from_str::<HolderName>("\"demo-web\"").is_err());
    }
}
