//! `GET /events`: what happened after a position, in order, none left out.

use axum::Json;
use domain::event::CATALOGUE;
use domain::refusal::Refusal;
use eventlog::{DbError, Event, Log, Seq};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::item::EventItem;
use super::position::Position;
use crate::admin::input::Query;
use crate::admin::operation::{Call, Operation, get};
use crate::error::{ApiError, Kind};

/// The most events of one answer.
const MOST: u16 = 1000;

/// How much of a subject's history is read at once.
const HISTORY: usize = 500;

pub(super) fn operation() -> Operation {
    get(
        "/events",
        "events.read",
        "list_events",
        "Lists what happened after a position, all of it or of one type or subject",
    )
    .by(handler)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// `next` of the page before; left out for the beginning.
    #[schema(value_type = Option<String>)]
    after: Option<Position>,
    /// The most events to answer.
    #[serde(default = "hundred")]
    #[schema(minimum = 1, maximum = 1000, default = 100)]
    limit: u16,
    /// Only events of this type.
    r#type: Option<String>,
    /// Only events of this subject.
    subject: Option<String>,
}

fn hundred() -> u16 {
    100
}

/// A part of the log.
#[derive(Serialize, ToSchema)]
struct EventPage {
    items: Vec<EventItem>,
    /// Give it as `after` to read on, now or later.
    #[schema(value_type = String)]
    next: Position,
    /// Whether there is more already.
    more: bool,
    /// How many events of this part were removed, because their time is over; not told where only
    /// some types or subjects are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<i64>,
}

async fn handler(call: Call, Query(filter): Query<Filter>) -> Result<Json<EventPage>, ApiError> {
    if !(1..=MOST).contains(&filter.limit) {
        let words = format!("limit: between 1 and {MOST}");
        return Err(ApiError::new(Kind::InvalidRequest, words));
    }
    if let Some(kind) = &filter.r#type
        && !CATALOGUE.iter().any(|entry| entry.kind == kind)
    {
        return Err(Refusal::Invalid(format!("there are no events of type {kind}")).into());
    }
    let (epoch, head) = (call.log.epoch(), call.log.head().await?);
    let after = match filter.after {
        None => 0,
        Some(position) if position.epoch == epoch && position.seq <= head => position.seq,
        Some(position) => return Err(gone(position, epoch, head)),
    };
    let found = find(&call.log, &filter, after, head).await?;
    let personal = call.holds("users.read");
    let items = found.events.into_iter();
    let items = items.map(|event| EventItem::new(event, &call.config.issuer, personal));
    Ok(Json(EventPage {
        items: items.collect::<Result<_, _>>()?,
        next: Position {
            epoch,
            seq: found.next,
        },
        more: found.more,
        removed: found.removed,
    }))
}

/// Tells whoever holds a position of another log where this one begins and ends.
fn gone(position: Position, epoch: i64, head: Seq) -> ApiError {
    let words = format!(
        "{position} is not a position of this log: it was restored from a backup. \
         Read it again from the start, or compare your state and go on from the head."
    );
    ApiError::new(Kind::PositionGone, words)
        .with("start", Position { epoch, seq: 0 }.to_string())
        .with("head", Position { epoch, seq: head }.to_string())
}

#[derive(Debug)]
struct Found {
    events: Vec<Event>,
    next: Seq,
    more: bool,
    removed: Option<i64>,
}

async fn find(log: &Log, filter: &Filter, after: Seq, head: Seq) -> Result<Found, DbError> {
    let limit = usize::from(filter.limit);
    let mut events = match (&filter.subject, &filter.r#type) {
        (None, None) => {
            let page = log.after(after, limit).await?;
            return Ok(Found {
                events: page.events,
                next: page.next,
                more: page.next < head,
                removed: Some(page.removed),
            });
        }
        (None, Some(kind)) => log.after_of_kind(kind, after, limit + 1).await?,
        (Some(subject), kind) => history(log, subject, kind.as_deref(), after, limit + 1).await?,
    };
    let more = events.len() > limit;
    events.truncate(limit);
    // The head was read before the events: what was appended meanwhile comes on the next page.
    let next = match events.last() {
        Some(last) if more => last.seq,
        Some(last) => last.seq.max(head),
        None => head,
    };
    Ok(Found {
        events,
        next,
        more,
        removed: None,
    })
}

/// The events of a subject after a position of the log. No subject has many.
async fn history(
    log: &Log,
    subject: &str,
    kind: Option<&str>,
    after: Seq,
    limit: usize,
) -> Result<Vec<Event>, DbError> {
    let mut found = Vec::new();
    let mut version = 0;
    loop {
        let page = log.subject(subject, version, HISTORY).await?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        version = last.version;
        let wanted =
            |event: &Event| event.seq > after && kind.is_none_or(|kind| event.kind == kind);
        found.extend(page.into_iter().filter(wanted));
        if found.len() >= limit {
            found.truncate(limit);
            return Ok(found);
        }
    }
}
