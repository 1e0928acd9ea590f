//! `POST /clients`: with a secret, where the client authenticates by one.

use domain::client::ClientSettings;
use domain::value::{ClientId, RuleId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Client, NewSecret, check_endpoint, load};
use crate::admin::answer::Created;
use crate::admin::input::Body;
use crate::admin::operation::{Call, Operation, post};
use crate::admin::secret::Secret;
use crate::command::clients::CreateClient;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    post(
        "/clients",
        "clients.write",
        "create_client",
        "Registers a client",
    )
    .by(handler)
}

/// A client to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewClient {
    id: ClientId,
    #[serde(flatten)]
    settings: ClientSettings,
}

/// A new client, and its secret if it uses one. The secret is shown this once.
#[derive(Serialize, ToSchema)]
struct CreatedClient {
    #[serde(flatten)]
    client: Client,
    secret: Option<NewSecret>,
}

async fn handler(
    call: Call,
    Body(new): Body<NewClient>,
) -> Result<Created<CreatedClient>, ApiError> {
    check_endpoint(&call, &new.settings)?;
    let secret = new.settings.uses_secret().then(|| {
        let id = RuleId::new(call.new_id());
        (id, Secret::generate(&*call.rng))
    });
    call.execute(&CreateClient {
        id: new.id.clone(),
        settings: new.settings,
        secret: secret.as_ref().map(|(id, secret)| (*id, secret.hash())),
    })
    .await?;
    Ok(Created(CreatedClient {
        client: load(&call, &new.id).await?.into(),
        secret: secret.map(|(id, secret)| NewSecret {
            id,
            secret: secret.into_text(),
        }),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_members_make_a_client() {
        let client = |more: &str| {
            serde_json::from_str::<NewClient>(&format!(
                r#"{{"id":"cli","name":"CLI","party":"first","auth_method":"none",
                   "grant_types":["authorization_code"]{more}}}"#
            ))
        };
        assert!(client("").unwrap().settings.is_public());
        assert!(client(r#","secret":"of mine""#).is_err());
        assert!(client(r#","redirect_uris":["javascript:1"]"#).is_err());
    }
}
