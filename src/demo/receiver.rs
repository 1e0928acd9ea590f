//! The receiver of `examples/receiver/`, run inside the demo.

#[path = "../../examples/receiver/app.rs"]
mod app;
#[path = "../../examples/receiver/connect.rs"]
mod connect;
#[path = "../../examples/receiver/credentials.rs"]
mod credentials;
#[path = "../../examples/receiver/ledger.rs"]
mod ledger;
#[path = "../../examples/receiver/shown.rs"]
mod shown;
#[cfg(test)]
#[path = "../../examples/receiver/transmitter_fixture.rs"]
mod transmitter_fixture;

use super::{issuer, site};
pub(crate) use app::{Config, serve};
