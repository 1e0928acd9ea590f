//! The resource server of `examples/resource_server/`, run inside the demo.

#[path = "../../examples/resource_server/api.rs"]
mod api;
#[path = "../../examples/resource_server/tokens.rs"]
mod tokens;

use super::issuer;
pub(crate) use api::{Config, serve};
