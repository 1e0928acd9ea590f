//! Errors in the form of each protocol.

mod bearer;
mod code;
mod description;
mod oauth;
pub mod page;
mod problem;
mod ssf;

pub use bearer::BearerError;
pub use code::Code;
pub use description::description;
pub use oauth::OAuthError;
pub use problem::{ApiError, Kind};
pub use ssf::SsfError;
