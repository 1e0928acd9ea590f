//! The errors of reading a message: what is wrong with it, and never what it holds of value.

use crate::Deviations;

/// A JSON document that is not the message it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl Malformed {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl From<serde_json::Error> for Malformed {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// Why a message was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It cannot be understood.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It can be understood, but is not standard, and the mode is strict.
    #[error("not standard: {0}")]
    NonStandard(Deviations),
}
