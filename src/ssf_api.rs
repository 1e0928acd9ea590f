//! The Shared Signals endpoints as a registered API: its identifier and scopes (CAEP Interoperability
//! Profile 1.0 §2.7.1).

use domain::value::{ApiId, InvalidResourceUri, Issuer, ResourceUri, Scope};
use uuid::Uuid;

/// Its id, the same in every realm.
pub const ID: ApiId = ApiId::new(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0002));

/// Where it is served, below the issuer.
pub const PATH: &str = "/ssf";

/// Lets a receiver read its streams and poll.
pub const READ: &str = "ssf.read";

/// Lets a receiver make, change and delete its streams.
pub const MANAGE: &str = "ssf.manage";

/// Its scopes and what each lets a client do.
pub const SCOPES: &[(&str, &str)] = &[
    (READ, "Read its own signal streams and fetch their events"),
    (MANAGE, "Make, change and delete its own signal streams"),
];

/// What its tokens name as their audience.
pub fn identifier(issuer: &Issuer) -> Result<ResourceUri, InvalidResourceUri> {
    ResourceUri::parse(&format!("{issuer}{PATH}"))
}

/// Its scopes as values.
pub fn scopes() -> impl Iterator<Item = (Scope, &'static str)> {
    SCOPES
        .iter()
        .filter_map(|(name, words)| Some((Scope::parse(name).ok()?, *words)))
}
