//! `POST /ssf/streams/{id}/poll`: a receiver fetches what waits in its stream (RFC 8936).
//!
//! One request acknowledges, and asks for more. Where there is nothing it is kept waiting ([`wait`]).
//! What is not acknowledged is handed out again after a while.

mod hand_out;
mod settle;
mod wait;

use axum::Json;
use axum::extract::{Path, Request, State};
use domain::stream::Delivery;
use shared_signals::{PollRequest, PollResponse};

use super::call::Call;
use crate::app::App;
use crate::command::streams::target;
use crate::delivery::queue;
use crate::error::SsfError;

/// The most tokens of one answer.
const MOST: usize = 100;

pub(super) async fn poll(
    State(app): State<App>,
    Path(stream): Path<String>,
    request: Request,
) -> Result<Json<PollResponse>, SsfError> {
    let (call, body) = Call::reading(app, request).await?;
    let asked: PollRequest = call.read(body).await?;
    let stream = call.stream(&stream).await?;
    if stream.settings.delivery != Delivery::Poll {
        return Err(SsfError::no_stream());
    }
    settle::settle(&call, stream.id, &asked).await?;
    let most = asked.max_events.and_then(|most| most.try_into().ok());
    let most = most.unwrap_or(MOST).min(MOST);
    if most == 0 {
        return Ok(Json(PollResponse::default()));
    }
    // Subscribed before the first look, so that nothing is missed in between.
    let news = call.log.topic(&queue::topic_of(&target(stream.id)));
    let answer = hand_out::hand_out(&call, stream.id, most).await?;
    if asked.return_immediately || !answer.sets.is_empty() {
        return Ok(Json(answer));
    }
    wait::wait(&call, stream.id, most, news).await.map(Json)
}
