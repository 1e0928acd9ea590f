//! The web client of `examples/web_client/`, run inside the demo.

#[path = "../../examples/web_client/app.rs"]
mod app;
#[path = "../../examples/web_client/call.rs"]
mod call;
#[path = "../../examples/web_client/callback.rs"]
mod callback;
#[path = "../../examples/web_client/events.rs"]
mod events;
#[path = "../../examples/web_client/id_token.rs"]
mod id_token;
#[path = "../../examples/web_client/oauth.rs"]
mod oauth;
#[path = "../../examples/web_client/pages.rs"]
mod pages;
#[cfg(test)]
#[path = "../../examples/web_client/provider_fixture.rs"]
mod provider_fixture;
#[path = "../../examples/web_client/sessions.rs"]
mod sessions;
#[path = "../../examples/web_client/sign_in.rs"]
mod sign_in;

use super::{issuer, site};
pub(crate) use app::{Api, Config, serve};
pub(crate) use oauth::Credential;
