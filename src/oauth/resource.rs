//! Resource indicators (RFC 8707 §2): which API a `resource` parameter names.

use domain::value::InvalidResourceUri;

use crate::snapshot::{ApiEntry, Snapshot};

/// The API that each value names; none where the registry does not know it, which the rules treat
/// like one that is not for this client. What is no identifier at all is told apart: that depends
/// on the request alone, and says nothing about the registry.
pub(super) fn named(
    snapshot: &Snapshot,
    values: impl IntoIterator<Item = impl AsRef<str>>,
) -> Result<Vec<Option<&ApiEntry>>, InvalidResourceUri> {
    values
        .into_iter()
        .map(|value| snapshot.api_named(value.as_ref()))
        .collect()
}
