//! What stops a stream by itself: too much waits in it, for too long, or nobody asked for anything.

use std::collections::HashMap;

use domain::cause::{Cause, CauseKind};
use domain::powers::Powers;
use domain::refusal::Refusal;
use domain::stream::{StatusSetter, Stream, StreamStatus};
use domain::value::Timestamp;

use super::activity;
use crate::app::App;
use crate::command::streams::{CHANNEL, SetStreamStatus, target};
use crate::delivery::queue;
use crate::execute::{Facts, Refused, execute};
use crate::read;

/// Why a stream is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Its status from now on.
    pub status: StreamStatus,
    /// In words for the receiver.
    pub reason: String,
}

/// How a stream fares.
#[derive(Debug, Clone, Copy)]
pub struct State {
    /// How many events wait in it.
    pub pending: i64,
    /// Since when the oldest waits.
    pub oldest: Option<Timestamp>,
    /// When its receiver was last heard of.
    pub seen: Option<Timestamp>,
}

/// Whether a stream must be stopped.
pub fn decide(stream: &Stream, state: State, now: Timestamp) -> Option<Stop> {
    let settings = &stream.settings;
    if stream.status == StreamStatus::Disabled {
        return None;
    }
    let disable = |reason| {
        Some(Stop {
            status: StreamStatus::Disabled,
            reason,
        })
    };
    if state.pending > i64::from(settings.most_pending) {
        let most = settings.most_pending;
        return disable(format!(
            "more than {most} events were waiting; they are dropped"
        ));
    }
    let patience = i64::from(settings.oldest_pending);
    if state
        .oldest
        .is_some_and(|oldest| oldest.plus(patience) <= now)
    {
        return disable(format!(
            "an event was waiting for {patience} seconds; what waited is dropped"
        ));
    }
    let timeout = i64::from(settings.inactivity_timeout);
    let is_silent = |seen: Timestamp| seen.plus(timeout + activity::GRAIN) <= now;
    if timeout > 0 && state.seen.is_some_and(is_silent) && stream.status == StreamStatus::Enabled {
        return Some(Stop {
            status: StreamStatus::Paused,
            reason: format!("the receiver was not heard of for {timeout} seconds"),
        });
    }
    None
}

/// Looks at all streams and stops those that must be.
pub async fn run(app: &App) -> Result<(), Refused> {
    let now = app.now();
    let snapshot = app.snapshot.latest();
    let streams = snapshot.streams.values().map(|entry| &entry.stream);
    let has_timeout = |stream: &Stream| stream.settings.inactivity_timeout > 0;
    let seen = if streams.clone().any(has_timeout) {
        read::streams::all_seen(&app.log).await?
    } else {
        HashMap::new()
    };
    let waiting = queue::waiting(&app.log, CHANNEL).await?;
    for stream in streams {
        let waiting = waiting.get(&target(stream.id));
        let state = State {
            pending: waiting.map_or(0, |waiting| waiting.pending),
            oldest: waiting.and_then(|waiting| waiting.oldest),
            seen: seen.get(&stream.id).copied(),
        };
        if let Some(stop) = decide(stream, state, now)
            && let Err(error) = set(app, stream, stop, now).await
        {
            // The others are looked at all the same, and this one again in a moment.
            tracing::warn!(%error, stream = %stream.id, "a signal stream could not be stopped");
        }
    }
    Ok(())
}

async fn set(app: &App, stream: &Stream, stop: Stop, now: Timestamp) -> Result<(), Refused> {
    tracing::warn!(
        stream = %stream.id, client = %stream.client, status = stop.status.as_str(),
        reason = stop.reason, "a signal stream is stopped"
    );
    let command = SetStreamStatus {
        id: stream.id,
        of: None,
        status: stop.status,
        reason: Some(stop.reason),
        by: StatusSetter::Transmitter,
    };
    let facts = Facts {
        now,
        cause: Cause {
            kind: CauseKind::Policy,
            actor: None,
            request: None,
        },
        powers: Powers::All,
    };
    match execute(app, &command, &facts).await {
        Ok(_) | Err(Refused::Refusal(Refusal::NotFound(_))) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use domain::stream::{Delivery, StreamSettings};
    use domain::value::{ClientId, StreamId};
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn stream(change: impl Fn(&mut StreamSettings)) -> Stream {
        let mut settings = StreamSettings::new(Delivery::Poll);
        change(&mut settings);
        Stream {
            id: StreamId::new(Uuid::from_u128(1)),
            client: ClientId::parse("siem").unwrap(),
            settings,
            has_authorization: false,
            status: StreamStatus::Enabled,
            reason: None,
            stopped_by_operator: false,
        }
    }

    fn state(pending: i64, oldest: i64, seen: i64) -> State {
        State {
            pending,
            oldest: Some(NOW.plus(-oldest)),
            seen: Some(NOW.plus(-seen)),
        }
    }

    #[test]
    fn a_stream_goes_on_within_its_bounds() {
        let stream = stream(|settings| {
            settings.most_pending = 10;
            settings.oldest_pending = 100;
            settings.inactivity_timeout = 100;
        });
        assert_eq!(decide(&stream, state(10, 99, 159), NOW), None);
        for (state, status) in [
            (state(11, 0, 0), StreamStatus::Disabled),
            (state(1, 100, 0), StreamStatus::Disabled),
            (state(1, 0, 160), StreamStatus::Paused),
        ] {
            assert_eq!(decide(&stream, state, NOW).unwrap().status, status);
        }
    }

    #[test]
    fn silence_is_no_reason_where_nobody_said_so() {
        assert_eq!(
            decide(&stream(|_| ()), state(0, 0, 1_000_000_000), NOW),
            None
        );
    }

    #[test]
    fn what_is_stopped_is_not_stopped_again() {
        let settings = |settings: &mut StreamSettings| settings.inactivity_timeout = 60;
        let disabled = Stream {
            status: StreamStatus::Disabled,
            ..stream(settings)
        };
        assert_eq!(decide(&disabled, state(i64::MAX, 0, 0), NOW), None);
        let paused = Stream {
            status: StreamStatus::Paused,
            ..stream(settings)
        };
        assert_eq!(decide(&paused, state(0, 0, 1_000), NOW), None);
    }
}
