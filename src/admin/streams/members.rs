//! The members of a stream's document, which are kept in two places: settings, and what is beside them.
//! Read one by one, so that an error names its member.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The member that holds the `Authorization` header of pushes.
pub(crate) const AUTHORIZATION: &str = "authorization_header";

/// Takes a member that is beside the settings; one that is left out is null.
pub(super) fn take<T: DeserializeOwned>(
    members: &mut Map<String, Value>,
    name: &str,
) -> Result<T, String> {
    let value = members.remove(name).unwrap_or_default();
    serde_json::from_value(value).map_err(|error| format!("{name}: {error}"))
}

/// Reads the rest, which are the settings.
pub(super) fn rest<T: DeserializeOwned>(members: Map<String, Value>) -> Result<T, String> {
    serde_path_to_error::deserialize(Value::Object(members)).map_err(|error| error.to_string())
}
