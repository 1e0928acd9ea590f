//! APIs: what they are, their scopes, which clients may ask, which people may have.

mod add_rule;
mod allow_client;
mod create;
mod delete;
mod disallow_client;
mod get;
mod holder;
mod list;
mod list_clients;
mod list_rules;
mod remove_credential;
mod remove_rule;
mod remove_scope;
mod rotate_credential;
mod set_scope;
mod update;

use domain::api::{self, ApiSettings};
use domain::value::{ApiId, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Operation;
use super::operation::Call;
use crate::command::apis::{Change, ChangeApi};
use crate::error::ApiError;
use crate::read;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        list::operation(),
        create::operation(),
        get::operation(),
        update::operation(),
        delete::operation(),
        set_scope::operation(),
        remove_scope::operation(),
        list_clients::operation(),
        allow_client::operation(),
        disallow_client::operation(),
        list_rules::operation(),
        add_rule::operation(),
        remove_rule::operation(),
        rotate_credential::operation(),
        remove_credential::operation(),
    ]
}

/// An API that tokens can be asked for.
#[derive(Serialize, ToSchema)]
struct Api {
    id: ApiId,
    #[serde(flatten)]
    settings: ApiSettings,
    scopes: Vec<ApiScope>,
    /// Whether it may introspect tokens.
    has_credential: bool,
    /// Whether it is part of the program.
    built_in: bool,
}

/// A scope of an API.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ApiScope {
    scope: Scope,
    /// What it lets a client do, in words for the person who consents.
    description: String,
}

impl From<api::Api> for Api {
    fn from(api: api::Api) -> Self {
        let scopes = api
            .scopes
            .into_iter()
            .map(|(scope, description)| ApiScope { scope, description });
        Self {
            id: api.id,
            settings: api.settings,
            scopes: scopes.collect(),
            has_credential: api.has_credential,
            built_in: api.built_in,
        }
    }
}

async fn load(call: &Call, api: ApiId) -> Result<api::Api, ApiError> {
    let found = read::apis::get(&call.log, api).await?;
    found
        .map(|(api, _)| api)
        .ok_or_else(|| ApiError::not_found("API"))
}

async fn change(call: &Call, id: ApiId, change: Change) -> Result<(), ApiError> {
    call.execute(&ChangeApi { id, change }).await
}
