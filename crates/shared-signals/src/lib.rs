#![doc = include_str!("../README.md")]

mod claims;
mod delivery;
mod deviation;
mod error;
pub mod event;
mod json;
#[cfg(feature = "receiver")]
pub mod receiver;
mod set;
pub mod stream;
mod subject;
mod verify;

#[cfg(test)]
mod tests;

/// Keys and signatures, as [`SecurityEventToken::sign`] and [`KeyRing::new`] take them.
pub use jose;

pub use claims::Received;
pub use delivery::{ErrorCode, PollRequest, PollResponse, SECEVENT_JWT, SetError};
pub use deviation::{Checked, Deviation, Deviations, Mode};
pub use error::{Malformed, ReadError};
pub use event::{Event, EventType, Specification};
pub use json::parse;
pub use set::{Audience, SecurityEventToken, Timestamp};
pub use subject::{Complex, Identifier, InvalidSubject, Subject};
pub use verify::{KeyRing, Refusal, Verifier};
