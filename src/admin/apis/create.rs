//! `POST /apis`

use domain::api::ApiSettings;
use domain::value::ApiId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Api, ApiScope, load};
use crate::admin::answer::Created;
use crate::admin::input::Body;
use crate::admin::operation::{Call, Operation, post};
use crate::command::apis::CreateApi;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    post("/apis", "apis.write", "create_api", "Registers an API").by(handler)
}

/// An API to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewApi {
    #[serde(flatten)]
    settings: ApiSettings,
    #[serde(default)]
    scopes: Vec<ApiScope>,
}

async fn handler(call: Call, Body(new): Body<NewApi>) -> Result<Created<Api>, ApiError> {
    let id = ApiId::new(call.new_id());
    let scopes = new.scopes.into_iter();
    call.execute(&CreateApi {
        id,
        settings: new.settings,
        scopes: scopes
            .map(|scope| (scope.scope, scope.description))
            .collect(),
    })
    .await?;
    Ok(Created(load(&call, id).await?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_members_make_an_api() {
        let read = serde_json::from_str::<NewApi>;
        let new = read(r#"{"identifier":"https://a.example/","name":"A","token_lifetime":60}"#);
        assert_eq!(new.unwrap().settings.token_lifetime, 60);
        assert!(read(r#"{"identifier":"https://a.example/","name":"A","ttl":60}"#).is_err());
        assert!(read(r#"{"identifier":"https://a.example/"}"#).is_err());
    }
}
