//! Signal streams, those that receivers made as well: what they hear, how they fare, what was given up.
//! The command line does the same by the same functions.

mod create;
mod delete;
mod deliveries;
mod get;
mod get_delivery;
mod list;
mod list_subjects;
mod members;
mod set_status;
mod set_subject;
mod settle;
mod settle_all;
mod update;
mod verify;

use domain::stream::{self, StreamSettings, StreamStatus};
use domain::value::{ClientId, StreamId};
use eventlog::DbError;
use serde::Serialize;
use utoipa::ToSchema;

use super::Operation;
use super::answer::Time;
use crate::app::App;
use crate::command::streams::target;
use crate::delivery::queue;
use crate::error::ApiError;
use crate::read::streams;
use crate::ssf::table;

pub(crate) use self::create::NewStream;
pub(crate) use self::deliveries::Delivery;
pub(crate) use self::members::AUTHORIZATION;
pub(crate) use self::settle_all::settle_all;
pub(crate) use self::update::Changes;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        list::operation(),
        create::operation(),
        get::operation(),
        update::operation(),
        delete::operation(),
        set_status::operation(),
        verify::operation(),
        list_subjects::operation(),
        set_subject::operation(),
        deliveries::operation(),
        get_delivery::operation(),
        settle::replay(),
        settle::drop(),
        settle_all::replay(),
        settle_all::drop(),
    ]
}

/// What one receiver hears, and how that reaches it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stream {
    pub(crate) id: StreamId,
    /// The receiver.
    pub(crate) client: ClientId,
    #[serde(flatten)]
    pub(crate) settings: StreamSettings,
    /// Of the events that were requested those that it is told of.
    #[schema(value_type = Vec<String>)]
    events_delivered: Vec<&'static str>,
    /// Whether an `Authorization` header goes with each push; it is not shown.
    has_authorization: bool,
    pub(crate) status: StreamStatus,
    /// Why it is not enabled, in the words of who stopped it.
    reason: Option<String>,
    /// Whether an operator stopped it: then only an operator starts it again.
    stopped_by_operator: bool,
    /// When its receiver was last heard of; at first when it was made.
    seen: Time,
    pub(crate) queue: Queue,
}

/// How what is to be delivered fares.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Queue {
    /// How many events wait, tried or not.
    pub(crate) pending: i64,
    /// Since when the oldest of them waits.
    oldest: Option<Time>,
    /// How many were given up; more than a thousand are not counted.
    pub(crate) dead: i64,
    /// How many were dropped unsent.
    pub(crate) lost: i64,
    /// How often in a row the receiver has failed.
    failures: i64,
    /// How it failed last.
    answer: Option<String>,
}

/// A stream with how it fares; none if it went meanwhile.
pub(crate) async fn with_queue(
    app: &App,
    stream: stream::Stream,
) -> Result<Option<Stream>, DbError> {
    let Some(queue) = queue::status(&app.log, &target(stream.id)).await? else {
        return Ok(None);
    };
    let Some(activity) = streams::activity(&app.log, stream.id).await? else {
        return Ok(None);
    };
    Ok(Some(Stream {
        events_delivered: table::delivered(&stream.settings.events_requested),
        id: stream.id,
        client: stream.client,
        settings: stream.settings,
        has_authorization: stream.has_authorization,
        status: stream.status,
        reason: stream.reason,
        stopped_by_operator: stream.stopped_by_operator,
        seen: Time(activity.seen),
        queue: Queue {
            pending: queue.pending,
            oldest: queue.oldest.map(Time),
            dead: queue.dead,
            lost: queue.lost,
            failures: queue.failures,
            answer: queue.answer,
        },
    }))
}

/// One stream with how it fares.
pub(crate) async fn load(app: &App, id: StreamId) -> Result<Stream, ApiError> {
    let none = || ApiError::not_found("stream");
    let (stream, _) = streams::get(&app.log, id).await?.ok_or_else(none)?;
    with_queue(app, stream).await?.ok_or_else(none)
}
