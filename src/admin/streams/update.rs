//! `PATCH /streams/{stream}`: all that is set about a stream, the receiver's part too.

use axum::Json;
use domain::refusal::Refusal;
use domain::stream::{self, StreamSettings};
use domain::value::StreamId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared_signals::stream::AuthorizationHeader;
use utoipa::ToSchema;

use super::members::{AUTHORIZATION, rest, take};
use super::{Stream, load};
use crate::admin::input::{Patch, Path};
use crate::admin::operation::{Call, Operation, patch};
use crate::app::App;
use crate::command::streams::{NewAuthorization, UpdateStream};
use crate::error::ApiError;
use crate::execute::{Facts, Refused, execute};
use crate::ssf::endpoint;

pub(super) fn operation() -> Operation {
    patch(
        "/streams/{stream}",
        "streams.write",
        "update_stream",
        "Changes settings of a signal stream; a push endpoint that moves to another origin needs its \
         `authorization_header` anew",
    )
    .by(handler)
}

/// What can be changed of a stream.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Map<String, Value>")]
pub(crate) struct Editable {
    #[serde(flatten)]
    settings: StreamSettings,
    /// The whole value of the `Authorization` header of each push; null for none any more. It is not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Password)]
    authorization_header: Option<AuthorizationHeader>,
}

impl TryFrom<Map<String, Value>> for Editable {
    type Error = String;

    fn try_from(mut members: Map<String, Value>) -> Result<Self, String> {
        Ok(Self {
            authorization_header: take(&mut members, AUTHORIZATION)?,
            settings: rest(members)?,
        })
    }
}

/// Changes to a stream: a merge patch.
pub(crate) type Changes = Patch<Editable>;

impl Changes {
    fn changed(&self, settings: &StreamSettings) -> Result<Editable, Refusal> {
        self.apply(&Editable {
            settings: settings.clone(),
            authorization_header: None,
        })
    }

    /// Makes them.
    pub(crate) async fn make(&self, app: &App, facts: &Facts, id: StreamId) -> Result<(), Refused> {
        let found = crate::read::streams::get(&app.log, id).await?;
        let (present, _) = found.ok_or(Refusal::NotFound("stream"))?;
        let header = self.changed(&present.settings)?.authorization_header;
        let authorization = match header {
            Some(header) => NewAuthorization::Set(endpoint::seal(app, id, &header)),
            None if self.names(&[AUTHORIZATION]) => NewAuthorization::Remove,
            None => NewAuthorization::Keep,
        };
        let command = UpdateStream {
            id,
            of: None,
            change: |stream: &stream::Stream| {
                let settings = self.changed(&stream.settings)?.settings;
                if settings.delivery != stream.settings.delivery {
                    endpoint::check(app, &settings.delivery)?;
                }
                Ok(settings)
            },
            authorization,
        };
        execute(app, &command, facts).await?;
        Ok(())
    }
}

async fn handler(
    call: Call,
    (Path(id), changes): (Path<StreamId>, Changes),
) -> Result<Json<Stream>, ApiError> {
    changes.make(&call, &call.facts(), id).await?;
    Ok(Json(load(&call, id).await?))
}

#[cfg(test)]
mod tests {
    use domain::stream::Delivery;
    use serde_json::json;

    use super::*;

    fn changed(patch: &serde_json::Value) -> Result<Editable, Refusal> {
        let push = json!({"method": "push", "endpoint_url": "https://receiver.example/"});
        let settings = serde_json::from_value(json!({"delivery": push, "name": "audit"})).unwrap();
        Patch::of(patch.as_object().unwrap().clone()).changed(&settings)
    }

    #[test]
    fn what_is_named_changes_and_the_rest_stays() {
        let after = changed(&json!({"signing_alg": "ES256", "name": null})).unwrap();
        assert!(matches!(after.settings.delivery, Delivery::Push { .. }));
        assert_eq!(after.settings.name, None);
        assert!(after.authorization_header.is_none());
        let after = changed(&json!({"delivery": {"method": "poll"}})).unwrap();
        assert_eq!(after.settings.delivery, Delivery::Poll);
    }

    #[test]
    fn what_is_wrong_is_named_and_no_header_is_repeated() {
        for (patch, words) in [
            (json!({"delivery": null}), "missing field `delivery`"),
            (json!({"format": "opaque"}), "format: "),
            (json!({"client": "other"}), "unknown field `client`"),
            (
                json!({"authorization_header": "Bearer\nsecret"}),
                "authorization_header",
            ),
        ] {
            let refusal = changed(&patch).err().unwrap().to_string();
            assert!(refusal.contains(words), "{refusal}");
            assert!(!refusal.contains("secret"), "{refusal}");
        }
    }
}
