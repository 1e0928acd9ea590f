//! `GET /streams/{stream}/deliveries`: what waits, in its order; what was sent or given up, by time.

use domain::value::{StreamId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::load;
use crate::admin::answer::{Page, Time};
use crate::admin::input::{Paging, Path, Query};
use crate::admin::operation::{Call, Operation, get};
use crate::command::streams::target;
use crate::delivery::letters::{self, Letter, Mark, State};
use crate::error::{ApiError, Kind};

pub(super) fn operation() -> Operation {
    get(
        "/streams/{stream}/deliveries",
        "streams.read",
        "list_deliveries",
        "Lists what waits in a signal stream, was sent, or was given up",
    )
    .by(handler)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only what is in this state.
    #[serde(default = "dead")]
    #[schema(default = "dead")]
    state: State,
    #[serde(flatten)]
    paging: Paging,
}

fn dead() -> State {
    State::Dead
}

/// An event on its way to a receiver.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Delivery {
    /// The `jti` of its token.
    pub(crate) id: String,
    state: State,
    /// The position in the log of what gave rise to it, 18 digits.
    #[schema(example = "000000000000004711")]
    sequence: String,
    /// The event's URI.
    pub(crate) r#type: String,
    /// The user it is about.
    user: Option<UserId>,
    /// How often it was tried, not counting the times at which the receiver as a whole failed.
    pub(crate) attempts: i64,
    /// When it is tried again, if it was refused.
    due: Option<Time>,
    created: Time,
    /// When it was sent or given up.
    settled: Option<Time>,
    /// What the receiver said last.
    pub(crate) answer: Option<String>,
    /// The claims of its token, until it is sent; for those who may read users.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    claims: Option<Box<RawValue>>,
}

impl Delivery {
    /// With its claims, where the reader may see what is personal.
    pub(crate) fn new(state: State, letter: Letter, personal: bool) -> Self {
        Self {
            id: letter.id,
            state,
            sequence: format!("{:018}", letter.position),
            r#type: letter.kind,
            user: letter.user,
            attempts: letter.attempts,
            due: letter.due.map(Time),
            created: Time(letter.created),
            settled: letter.settled.map(Time),
            answer: letter.answer,
            claims: Some(letter.body)
                .filter(|body| personal && !body.is_empty())
                .and_then(|body| RawValue::from_string(body).ok()),
        }
    }
}

async fn handler(
    call: Call,
    (Path(id), Query(filter)): (Path<StreamId>, Query<Filter>),
) -> Result<Page<Delivery>, ApiError> {
    load(&call, id).await?;
    let Filter { state, paging } = filter;
    let after = mark(paging.after.key())
        .ok_or_else(|| ApiError::new(Kind::InvalidRequest, "after: not the next of a page"))?;
    let limit = paging.limit.and_one();
    let letters = letters::list(&call.log, &target(id), state, &after, limit).await?;
    let personal = call.holds("users.read");
    let keyed = letters
        .into_iter()
        .map(|letter| (key(&letter.mark), Delivery::new(state, letter, personal)));
    Ok(Page::new(&paging, keyed.collect()))
}

fn key(Mark { first, second, id }: &Mark) -> String {
    format!("{first} {second} {id}")
}

/// The place that a page goes on from.
fn mark(key: &str) -> Option<Mark> {
    if key.is_empty() {
        return Some(Mark::START);
    }
    let mut parts = key.splitn(3, ' ');
    Some(Mark {
        first: parts.next()?.parse().ok()?,
        second: parts.next()?.parse().ok()?,
        id: parts.next()?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back() {
        let place = Mark {
            first: -7,
            second: 2,
            id: "a name".into(),
        };
        assert_eq!(mark(&key(&place)), Some(place));
        assert_eq!(mark(""), Some(Mark::START));
        for key in ["x", "1", "1 2", "1 x id"] {
            assert_eq!(mark(key), None, "{key}");
        }
    }
}
