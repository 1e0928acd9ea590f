//! Clients and their secrets.

mod add_secret;
mod create;
mod delete;
mod get;
mod list;
mod list_secrets;
mod remove_secret;
mod update;

use domain::client::{self, ClientSettings};
use domain::refusal::Refusal;
use domain::value::{ClientId, RuleId};
use serde::Serialize;
use utoipa::ToSchema;

use super::Operation;
use super::operation::Call;
use crate::error::ApiError;
use crate::read;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        list::operation(),
        create::operation(),
        get::operation(),
        update::operation(),
        delete::operation(),
        list_secrets::operation(),
        add_secret::operation(),
        remove_secret::operation(),
    ]
}

/// A program that asks for tokens.
#[derive(Serialize, ToSchema)]
struct Client {
    id: ClientId,
    #[serde(flatten)]
    settings: ClientSettings,
}

impl From<client::Client> for Client {
    fn from(client: client::Client) -> Self {
        Self {
            id: client.id,
            settings: client.settings,
        }
    }
}

/// A new secret. It is shown this once.
#[derive(Serialize, ToSchema)]
struct NewSecret {
    /// Names it among the client's secrets.
    id: RuleId,
    secret: String,
}

/// Refuses an endpoint that nothing would be sent to.
fn check_endpoint(call: &Call, settings: &ClientSettings) -> Result<(), Refusal> {
    let Some(url) = &settings.backchannel_logout_uri else {
        return Ok(());
    };
    let allowed = call.outbound.check_url(url);
    allowed.map_err(|error| Refusal::Invalid(format!("backchannel_logout_uri: {error}")))
}

async fn load(call: &Call, client: &ClientId) -> Result<client::Client, ApiError> {
    let found = read::clients::get(&call.log, client).await?;
    found
        .map(|(client, _)| client)
        .ok_or_else(|| ApiError::not_found("client"))
}
