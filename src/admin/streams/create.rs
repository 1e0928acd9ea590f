//! `POST /streams`: a stream for a receiver that cannot make its own, or that may not.

use domain::stream::StreamSettings;
use domain::value::{ClientId, StreamId};
use serde::Deserialize;
use serde_json::{Map, Value};
use shared_signals::stream::AuthorizationHeader;
use utoipa::ToSchema;

use super::members::{AUTHORIZATION, rest, take};
use super::{Stream, load};
use crate::admin::answer::Created;
use crate::admin::input::Body;
use crate::admin::operation::{Call, Operation, post};
use crate::app::App;
use crate::command::streams::CreateStream;
use crate::error::ApiError;
use crate::execute::{Facts, Refused, execute};
use crate::ssf::endpoint;

pub(super) fn operation() -> Operation {
    post(
        "/streams",
        "streams.write",
        "create_stream",
        "Makes a signal stream for a client",
    )
    .by(handler)
}

/// A stream to be.
#[derive(Deserialize, ToSchema)]
#[serde(try_from = "Map<String, Value>")]
pub(crate) struct NewStream {
    /// The receiver.
    client: ClientId,
    #[serde(flatten)]
    settings: StreamSettings,
    /// The whole value of the `Authorization` header of each push. It is not shown again.
    #[schema(value_type = Option<String>, format = Password)]
    authorization_header: Option<AuthorizationHeader>,
}

impl TryFrom<Map<String, Value>> for NewStream {
    type Error = String;

    fn try_from(mut members: Map<String, Value>) -> Result<Self, String> {
        Ok(Self {
            client: take(&mut members, "client")?,
            authorization_header: take(&mut members, AUTHORIZATION)?,
            settings: rest(members)?,
        })
    }
}

impl NewStream {
    /// Makes it, and returns its id.
    pub(crate) async fn make(self, app: &App, facts: &Facts) -> Result<StreamId, Refused> {
        endpoint::check(app, &self.settings.delivery)?;
        let id = StreamId::new(app.new_id());
        let header = self.authorization_header;
        let command = CreateStream {
            id,
            client: self.client,
            settings: self.settings,
            authorization: header.map(|header| endpoint::seal(app, id, &header)),
            by_receiver: false,
        };
        execute(app, &command, facts).await?;
        Ok(id)
    }
}

async fn handler(call: Call, Body(new): Body<NewStream>) -> Result<Created<Stream>, ApiError> {
    let id = new.make(&call, &call.facts()).await?;
    Ok(Created(load(&call, id).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_members_make_a_stream() {
        let stream = |more: &str| {
            let delivery = r#"{"method":"push","endpoint_url":"https://receiver.example/"}"#;
            let text = format!(r#"{{"client":"cli","delivery":{delivery}{more}}}"#);
            serde_json::from_str::<NewStream>(&text)
        };
        let made = stream(r#","authorization_header":"Bearer x""#)
            .ok()
            .unwrap();
        assert!(made.authorization_header.is_some());
        assert_eq!(made.settings.min_verification_interval, 60);
        assert!(stream(r#","format":"opaque""#).is_err());
        assert!(stream(r#","status":"paused""#).is_err());
        assert!(stream(r#","authorization_header":"Bearer\nx""#).is_err());
    }
}
