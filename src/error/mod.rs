//! Errors in the form of each protocol.

mod bearer;
mod oauth;
pub mod page;

pub use bearer::BearerError;
pub use oauth::OAuthError;
