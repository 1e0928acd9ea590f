//! Values that a person can ask us to forget. They lie beside events, one row per person and event.

#[cfg(feature = "openapi")]
use alloc::vec::Vec;
use alloc::{collections::BTreeMap, string::String};

use serde::{Deserialize, Serialize};

use crate::signal::Reported;
use crate::value::{Email, Profile, Username};

/// All personal values of a user, as they are at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// The name to sign in with, unique.
    pub username: Username,
    /// The e-mail address, unique where present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Whether the address was proved to be theirs.
    #[serde(default)]
    pub email_verified: bool,
    /// The OpenID Connect standard claims (OpenID Connect Core §5.1).
    #[serde(default)]
    pub profile: Profile,
    /// Free values of the operator's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, serde_json::Value>,
}

/// What lies beside one event for one person.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Personal {
    /// All values, at events that change them.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
    /// The address before this event, where it was verified and changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_email: Option<Email>,
    /// The phone number before this event, where it was verified and changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_phone_number: Option<String>,
    /// The network address that a session was started from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The user agent that a session was started with, cut to 256 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// What somebody outside reported about the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<Reported>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beside_an_event_reads_back() {
        for json in [
            r#"{"ip":"192.0.2.1","user_agent":"curl"}"#,
            r#"{"username":"zoe","email_verified":false,"profile":{"name":"Zoe"},"former_email":"z@example.org"}"#,
        ] {
            let personal: Personal = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&personal).unwrap(), json);
        }
    }

    #[test]
    fn a_user_has_no_unknown_values() {
        assert!(serde_json::from_str::<Details>(r#"{"username":"zoe","nick":"Zo"}"#).is_err());
    }
}
