//! The admin API as a registered API: its identifier and scopes, each a power.

use domain::value::{ApiId, Issuer, ResourceUri, Scope};
use uuid::Uuid;

/// The admin API's id, the same in every realm.
pub const ID: ApiId = ApiId::new(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001));

/// Where it is served, below the issuer.
pub const PATH: &str = "/api/v1";

/// Its scopes and what each lets a client do.
pub const SCOPES: &[(&str, &str)] = &[
    ("users.read", "Read users, their groups and their profile"),
    (
        "users.write",
        "Create, change, disable, delete and erase users",
    ),
    (
        "credentials.write",
        "Set passwords and demand that they are changed",
    ),
    ("groups.read", "Read groups and who is in them"),
    (
        "groups.write",
        "Create and change groups, their nesting and their members",
    ),
    ("sessions.read", "See who is signed in"),
    ("sessions.write", "End sessions"),
    (
        "apis.read",
        "Read APIs, their scopes, client grants and rules",
    ),
    (
        "apis.write",
        "Register and change APIs, their scopes, client grants and rules",
    ),
    ("clients.read", "Read clients"),
    (
        "clients.write",
        "Register and change clients and their secrets",
    ),
    ("grants.read", "See which client may act for whom"),
    ("grants.write", "Revoke grants"),
    ("events.read", "Read the log of all that happened"),
    ("streams.read", "Read signal streams and what waits in them"),
    (
        "streams.write",
        "Make, change, stop and delete signal streams",
    ),
    (
        "signals.device-compliance-change",
        "Report that a person's device is compliant, or no more",
    ),
    (
        "signals.assurance-level-change",
        "Report how surely a person is known",
    ),
    (
        "signals.risk-level-change",
        "Report how much risk lies in a person, device or session",
    ),
    (
        "signals.session-presented",
        "Report that a person's session was seen",
    ),
    (
        "signals.credential-compromise",
        "Report that a person's credential is in other hands",
    ),
    (
        "signals.recovery-activated",
        "Report that a person began to recover their account",
    ),
    (
        "signals.recovery-information-changed",
        "Report that a person's ways to recover their account changed",
    ),
];

/// The scopes of signals from outside, one for each event type: `signals.` and its name.
pub const SIGNALS: &[&str] = &[
    "signals.device-compliance-change",
    "signals.assurance-level-change",
    "signals.risk-level-change",
    "signals.session-presented",
    "signals.credential-compromise",
    "signals.recovery-activated",
    "signals.recovery-information-changed",
];

/// What its tokens name as their audience.
pub fn identifier(issuer: &Issuer) -> Result<ResourceUri, domain::value::InvalidResourceUri> {
    ResourceUri::parse(&format!("{issuer}{PATH}"))
}

/// Its scopes as values.
pub fn scopes() -> impl Iterator<Item = (Scope, &'static str)> {
    SCOPES
        .iter()
        .filter_map(|(name, words)| Some((Scope::parse(name).ok()?, *words)))
}
