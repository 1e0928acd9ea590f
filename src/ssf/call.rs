//! A request of a receiver: its token is looked at first, its body only then.

use std::ops::Deref;

use axum::body::Body;
use axum::extract::{Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use domain::cause::CauseKind;
use domain::stream::Stream;
use domain::value::{ClientId, StreamId};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::activity;
use crate::app::App;
use crate::error::{BearerError, SsfError};
use crate::execute::{Command, Facts, Refused, execute};
use crate::http::request_id::RequestId;
use crate::oauth::bearer::{self, Caller};
use crate::{read, ssf_api};

/// The largest body that is read, in bytes.
const LARGEST: usize = 64 * 1024;

/// A request of a receiver that may make it.
pub(super) struct Call {
    app: App,
    caller: Caller,
    parts: Parts,
}

/// What a query names.
#[derive(Debug, Deserialize)]
struct Parameters {
    stream_id: Option<String>,
}

impl Call {
    /// By a receiver that may read.
    pub(super) async fn reading(app: App, request: Request) -> Result<(Self, Body), SsfError> {
        let (call, body) = Self::identified(app, request).await?;
        may_read(&call.caller)?;
        Ok((call, body))
    }

    /// Refuses where the token has lost its force since the request came.
    pub(super) async fn still_reads(&self) -> Result<(), SsfError> {
        let caller = bearer::caller(&self.app, ssf_api::ID, &self.parts.headers).await?;
        Ok(may_read(&caller)?)
    }

    /// By a receiver that may change its streams.
    pub(super) async fn managing(app: App, request: Request) -> Result<(Self, Body), SsfError> {
        let (call, body) = Self::identified(app, request).await?;
        call.caller.must_have(ssf_api::MANAGE)?;
        Ok((call, body))
    }

    async fn identified(app: App, request: Request) -> Result<(Self, Body), SsfError> {
        let (parts, body) = request.into_parts();
        let caller = bearer::caller(&app, ssf_api::ID, &parts.headers).await?;
        Ok((Self { app, caller, parts }, body))
    }

    /// Who calls.
    pub(super) fn client(&self) -> &ClientId {
        &self.caller.client
    }

    /// The stream that the query names, if it names one.
    pub(super) fn stream_of_query(&self) -> Result<Option<String>, SsfError> {
        match Query::<Parameters>::try_from_uri(&self.parts.uri) {
            Ok(Query(parameters)) => Ok(parameters.stream_id),
            Err(rejection) => Err(SsfError::invalid(rejection.body_text())),
        }
    }

    /// Reads the body, which is a JSON object.
    pub(super) async fn read<T: DeserializeOwned>(&self, body: Body) -> Result<T, SsfError> {
        let content_type = self.parts.headers.get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let media_type = content_type.and_then(|value| value.split(';').next());
        if !media_type.is_some_and(|name| name.trim().eq_ignore_ascii_case("application/json")) {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(SsfError::new(status, "send the body as application/json"));
        }
        let bytes = match Limited::new(body, LARGEST).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                let description = format!("a body has at most {LARGEST} bytes");
                return Err(SsfError::new(StatusCode::PAYLOAD_TOO_LARGE, description));
            }
            Err(_) => return Err(SsfError::invalid("the body broke off")),
        };
        shared_signals::parse(&bytes).map_err(|error| SsfError::invalid(error.to_string()))
    }

    /// A stream of this receiver's, which is heard of with that.
    pub(super) async fn stream(&self, id: &str) -> Result<Stream, SsfError> {
        let id = StreamId::parse(id).map_err(|_| SsfError::no_stream())?;
        let found = read::streams::get(&self.log, id).await?;
        let stream = found.map(|(stream, _)| stream);
        let stream = stream
            .filter(|stream| stream.client == *self.client())
            .ok_or_else(SsfError::no_stream)?;
        activity::seen(&self.log, id, self.now()).await?;
        Ok(stream)
    }

    /// Gives a command in the receiver's name.
    pub(super) async fn execute<C: Command>(&self, command: &C) -> Result<C::Reply, Refused> {
        execute(&self.app, command, &self.facts()).await
    }

    /// What a command of the receiver's may know.
    pub(super) fn facts(&self) -> Facts {
        let request = self.parts.extensions.get::<RequestId>();
        let request = request.map(|id| id.as_str().to_owned());
        let mut facts = self.caller.facts(&self.app, request);
        facts.cause.kind = CauseKind::Client;
        facts
    }
}

/// Who may change a stream may read it, too.
fn may_read(caller: &Caller) -> Result<(), BearerError> {
    let by_managing = |refusal| caller.must_have(ssf_api::MANAGE).map_err(|_| refusal);
    caller.must_have(ssf_api::READ).or_else(by_managing)
}

impl Deref for Call {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}
