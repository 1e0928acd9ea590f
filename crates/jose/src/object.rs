//! JSON that must be an object. Derived `Deserialize` would take an array for a struct as well.

use serde::Deserialize;

/// The object in `json`, if it is one.
pub(crate) fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    if !json.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    serde_json::from_slice(json).ok()
}
