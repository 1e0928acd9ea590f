//! OAuth 2.0 and OpenID Connect.
pub mod authorize;
pub mod claims;
pub mod code;
pub mod end_session;
pub mod path;
pub mod sid;
