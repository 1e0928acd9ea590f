//! Streams and the transmitter that offers them (SSF 1.0 §7, §8.1).

mod configuration;
mod metadata;
mod requests;
mod update;
mod well_known;

pub use configuration::{
    AuthorizationHeader, Delivery, LEGACY_POLL, LEGACY_PUSH, POLL, PUSH, StreamConfiguration,
    delivered,
};
pub use metadata::{
    AuthorizationScheme, DefaultSubjects, OAUTH, SPEC_VERSION, TransmitterMetadata,
};
pub use requests::{
    AddSubject, CreateStream, RemoveSubject, Status, StreamStatus, UpdateStream,
    VerificationRequest,
};
pub use update::Mismatch;
pub use well_known::{InvalidIssuer, well_known_suffix_url, well_known_url};
#[cfg(feature = "receiver")]
pub(crate) use well_known::{is_secure, is_well_known};
