//! Shared Signals streams and their subjects.

use std::collections::HashMap;

use domain::event::{Change, Event, Subject};
use domain::stream::{self, Stream, StreamSettings, StreamStatus};
use domain::value::{ClientId, StreamId, Timestamp, UserId};
use eventlog::{DbError, Log, Row, Value};

use super::{Effect, Placed, json, unreadable};

/// Claim kind of the names that operators give to streams.
pub(crate) const STREAM_NAME: &str = "stream-name";

pub(super) fn project(change: &Change, placed: Placed, effect: &mut Effect) {
    match &change.event {
        Event::StreamCreated {
            stream,
            client,
            settings,
        } => {
            name(*stream, settings, effect);
            effect.row(
                "INSERT INTO streams (id, client, settings, has_authorization, status, reason, \
                 stopped_by_operator, created, version) VALUES ($1, $2, $3, 0, 'enabled', NULL, 0, $4, $5)",
                [
                    Value::from(stream.to_string()),
                    client.as_str().into(),
                    json(settings).into(),
                    placed.time.micros().into(),
                    placed.version.into(),
                ],
            );
        }
        Event::StreamUpdated { stream, settings } => {
            effect.release_held_by(Subject::stream(stream).into_string());
            name(*stream, settings, effect);
            effect.row(
                "UPDATE streams SET settings = $2, version = $3 WHERE id = $1",
                [
                    Value::from(stream.to_string()),
                    json(settings).into(),
                    placed.version.into(),
                ],
            );
        }
        Event::StreamAuthorizationSet { stream } => authorization(*stream, true, placed, effect),
        Event::StreamAuthorizationRemoved { stream } => {
            authorization(*stream, false, placed, effect);
        }
        Event::StreamStatusChanged {
            stream,
            status,
            reason,
            by,
        } => effect.row(
            "UPDATE streams SET status = $2, reason = $3, version = $4, \
             stopped_by_operator = COALESCE(CAST($5 AS BIGINT), stopped_by_operator) WHERE id = $1",
            [
                Value::from(stream.to_string()),
                status.as_str().into(),
                reason.as_deref().into(),
                placed.version.into(),
                stream::stops(*status, *by).into(),
            ],
        ),
        Event::StreamSubjectAdded { stream, user } => {
            subject(*stream, *user, true, placed, effect);
        }
        Event::StreamSubjectRemoved { stream, user } => {
            subject(*stream, *user, false, placed, effect);
        }
        Event::StreamDeleted { stream } => {
            effect.release_held_by(Subject::stream(stream).into_string());
            let stream = Value::from(stream.to_string());
            effect.row(
                "DELETE FROM stream_subjects WHERE stream = $1",
                [stream.clone()],
            );
            effect.row("DELETE FROM streams WHERE id = $1", [stream]);
        }
        _ => {}
    }
}

fn name(stream: StreamId, settings: &StreamSettings, effect: &mut Effect) {
    if let Some(name) = &settings.name {
        let holder = Subject::stream(&stream).into_string();
        effect.take(STREAM_NAME, name.as_str(), holder);
    }
}

fn authorization(stream: StreamId, present: bool, placed: Placed, effect: &mut Effect) {
    effect.row(
        "UPDATE streams SET has_authorization = $2, version = $3 WHERE id = $1",
        [
            Value::from(stream.to_string()),
            present.into(),
            placed.version.into(),
        ],
    );
}

fn subject(stream: StreamId, user: UserId, included: bool, placed: Placed, effect: &mut Effect) {
    effect.row(
        "INSERT INTO stream_subjects (stream, user_id, included, version) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (stream, user_id) DO UPDATE SET included = excluded.included, version = excluded.version",
        [
            Value::from(stream.to_string()),
            user.to_string().into(),
            included.into(),
            placed.version.into(),
        ],
    );
}

fn from_row(row: &Row) -> Result<(Stream, i64), DbError> {
    let bad = |error: &dyn std::fmt::Display| unreadable("streams", error);
    let status = match row.text(4)? {
        "enabled" => StreamStatus::Enabled,
        "paused" => StreamStatus::Paused,
        "disabled" => StreamStatus::Disabled,
        other => return Err(bad(&other)),
    };
    let stream = Stream {
        id: StreamId::parse(row.text(0)?).map_err(|error| bad(&error))?,
        client: ClientId::parse(row.text(1)?).map_err(|error| bad(&error))?,
        settings: serde_json::from_str(row.text(2)?).map_err(|error| bad(&error))?,
        has_authorization: row.bool(3)?,
        status,
        reason: row.opt_text(5)?.map(str::to_owned),
        stopped_by_operator: row.bool(7)?,
    };
    Ok((stream, row.int(6)?))
}

/// All streams, with the versions of their subjects.
pub async fn all(log: &Log) -> Result<Vec<(Stream, i64)>, DbError> {
    let rows = log
        .read(
            "SELECT id, client, settings, has_authorization, status, reason, version, stopped_by_operator \
             FROM streams ORDER BY id",
            &[],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// One stream, with the version of its subject.
pub async fn get(log: &Log, stream: StreamId) -> Result<Option<(Stream, i64)>, DbError> {
    log.read_one(
        "SELECT id, client, settings, has_authorization, status, reason, version, stopped_by_operator \
         FROM streams WHERE id = $1",
        &[stream.to_string().into()],
    )
    .await?
    .as_ref()
    .map(from_row)
    .transpose()
}

/// The stream of this name.
pub async fn by_name(log: &Log, name: &str) -> Result<Option<StreamId>, DbError> {
    let row = log
        .read_one(
            "SELECT holder FROM claims WHERE kind = $1 AND key = $2",
            &[STREAM_NAME.into(), name.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let id = row.text(0)?.strip_prefix("stream/").unwrap_or_default();
    StreamId::parse(id)
        .map(Some)
        .map_err(|error| unreadable("claims", error))
}

/// The streams of a client, with the versions of their subjects.
pub async fn of_client(log: &Log, client: &ClientId) -> Result<Vec<(Stream, i64)>, DbError> {
    let rows = log
        .read(
            "SELECT id, client, settings, has_authorization, status, reason, version, stopped_by_operator \
             FROM streams WHERE client = $1 ORDER BY id",
            &[client.as_str().into()],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// What each stream was told about one user: whether it hears of them.
pub async fn told_of(log: &Log, user: UserId) -> Result<Vec<(StreamId, bool)>, DbError> {
    let rows = log
        .read(
            "SELECT stream, included FROM stream_subjects WHERE user_id = $1",
            &[user.to_string().into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let stream = StreamId::parse(row.text(0)?)
                .map_err(|error| unreadable("stream_subjects", error))?;
            Ok((stream, row.bool(1)?))
        })
        .collect()
}

/// What a stream was told last about one user, with the version of that.
pub async fn told(
    log: &Log,
    stream: StreamId,
    user: UserId,
) -> Result<Option<(bool, i64)>, DbError> {
    let row = log
        .read_one(
            "SELECT included, version FROM stream_subjects WHERE stream = $1 AND user_id = $2",
            &[stream.to_string().into(), user.to_string().into()],
        )
        .await?;
    row.map(|row| Ok((row.bool(0)?, row.int(1)?))).transpose()
}

/// Whom a stream was told to hear of, or no more: (user, included), by id after a user.
pub async fn subjects(
    log: &Log,
    stream: StreamId,
    after: &str,
    limit: i64,
) -> Result<Vec<(UserId, bool)>, DbError> {
    let rows = log
        .read(
            "SELECT user_id, included FROM stream_subjects WHERE stream = $1 AND user_id > $2 \
             ORDER BY user_id LIMIT CAST($3 AS BIGINT)",
            &[stream.to_string().into(), after.into(), limit.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let user = UserId::parse(row.text(0)?)
                .map_err(|error| unreadable("stream_subjects", error))?;
            Ok((user, row.bool(1)?))
        })
        .collect()
}

/// When the receiver of each stream was last heard of, or the stream made.
pub async fn all_seen(log: &Log) -> Result<HashMap<StreamId, Timestamp>, DbError> {
    let rows = log
        .read("SELECT stream, seen FROM stream_activity", &[])
        .await?;
    rows.iter()
        .map(|row| {
            let stream = StreamId::parse(row.text(0)?)
                .map_err(|error| unreadable("stream_activity", error))?;
            Ok((stream, Timestamp::from_micros(row.int(1)?)))
        })
        .collect()
}

/// What a stream's receiver did last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// When it was heard of; at first when the stream was made.
    pub seen: Timestamp,
    /// When it asked for verification; the beginning of time if it never did.
    pub verified: Timestamp,
    /// The number that the latest poll which waits gave itself.
    pub poll: i64,
}

/// What the receiver of a stream did last; none if there is no such stream.
pub async fn activity(log: &Log, stream: StreamId) -> Result<Option<Activity>, DbError> {
    let row = log
        .read_one(
            "SELECT seen, verified, poll FROM stream_activity WHERE stream = $1",
            &[stream.to_string().into()],
        )
        .await?;
    row.map(|row| {
        Ok(Activity {
            seen: Timestamp::from_micros(row.int(0)?),
            verified: Timestamp::from_micros(row.int(1)?),
            poll: row.int(2)?,
        })
    })
    .transpose()
}

/// The sealed `Authorization` header of a stream.
pub async fn authorization_of(log: &Log, stream: StreamId) -> Result<Option<Vec<u8>>, DbError> {
    let row = log
        .read_one(
            "SELECT sealed FROM stream_authorizations WHERE stream = $1",
            &[stream.to_string().into()],
        )
        .await?;
    row.map(|row| Ok(row.bytes(0)?.to_vec())).transpose()
}

/// The sealed `Authorization` headers: (stream, sealed).
pub async fn authorizations(log: &Log) -> Result<Vec<(String, Vec<u8>)>, DbError> {
    let rows = log
        .read("SELECT stream, sealed FROM stream_authorizations", &[])
        .await?;
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.bytes(1)?.to_vec())))
        .collect()
}
