//! What clients and APIs are promised: one file for each specification.

mod oidc_core;
mod oidc_logout;
mod refresh_rotation;
mod rfc6749;
mod rfc7009;
mod rfc7523;
mod rfc7636;
mod rfc7662;
mod rfc8414;
mod rfc8707;
mod rfc9068;
mod rfc9207;
mod rfc9700;
mod rfc9728;
