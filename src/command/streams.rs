//! Shared Signals streams: making, changing, stopping, whom they hear of, deleting.

use domain::refusal::Refusal;
use domain::stream::{
    self, Authorization, Delivery, StatusSetter, Stream, StreamSettings, StreamStatus,
};
use domain::value::{ClientId, StreamId, Timestamp, UserId};
use eventlog::{Statement, Value};

use super::user;
use crate::delivery::queue;
use crate::execute::{Command, Decision, Facts, Refused};
use crate::read::Reading;
use crate::seal::Place;

/// The first part of the name of a stream's queue.
pub const CHANNEL: &str = "stream";

/// The name of a stream's queue.
pub fn target(stream: StreamId) -> String {
    format!("{CHANNEL}/{stream}")
}

/// Makes a stream for a client.
pub struct CreateStream {
    /// Its id.
    pub id: StreamId,
    /// The receiver.
    pub client: ClientId,
    /// Its settings.
    pub settings: StreamSettings,
    /// The `Authorization` header of its pushes, sealed for [`place`].
    pub authorization: Option<Vec<u8>>,
    /// Whether the client itself asks, and may have only so many.
    pub by_receiver: bool,
}

impl Command for CreateStream {
    type Reply = Stream;

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<Stream>, Refused> {
        let client = state.client(&self.client).await?;
        let client = client.ok_or(Refusal::NotFound("client"))?;
        let held = state.streams_of(&self.client).await?.len();
        let most = if self.by_receiver {
            usize::try_from(client.settings.add_stream).unwrap_or(usize::MAX)
        } else {
            usize::MAX
        };
        let changes = stream::create(
            self.id,
            self.client.clone(),
            self.settings.clone(),
            self.authorization.is_some(),
            held,
            most,
        )?;
        let sealed = self.authorization.as_deref();
        let rows = begin(self.id, &self.settings, sealed, facts.now);
        let made = Stream {
            id: self.id,
            client: self.client.clone(),
            settings: self.settings.clone(),
            has_authorization: self.authorization.is_some(),
            status: StreamStatus::Enabled,
            reason: None,
            stopped_by_operator: false,
        };
        Ok(Decision::new(changes, made)
            .with_rows(rows)
            .guarded_by([at_most(&self.client, held + 1)]))
    }
}

/// Rows that come with a stream.
pub(crate) fn begin(
    stream: StreamId,
    settings: &StreamSettings,
    authorization: Option<&[u8]>,
    now: Timestamp,
) -> Vec<Statement> {
    let mut rows = vec![
        queue::open(&target(stream), is_push(settings)),
        Statement::new(
            "INSERT INTO stream_activity (stream, seen, verified, poll) VALUES ($1, $2, 0, 0)",
            [Value::from(stream.to_string()), now.micros().into()],
        ),
    ];
    rows.extend(authorization.map(|sealed| keep(stream, sealed)));
    rows
}

/// Nobody made another stream for this client meanwhile: once all is written it has no more than these.
pub(super) fn at_most(client: &ClientId, count: usize) -> Statement {
    Statement::new(
        "INSERT INTO used_values (value, expires) SELECT 'guard', 0 WHERE \
         (SELECT COUNT(*) FROM streams WHERE client = $1) > CAST($2 AS BIGINT)",
        [
            Value::from(client.as_str()),
            i64::try_from(count).unwrap_or(i64::MAX).into(),
        ],
    )
    .exactly(0)
}

/// What an edit does with the `Authorization` header.
pub enum NewAuthorization {
    /// It stays.
    Keep,
    /// This one, sealed for [`place`].
    Set(Vec<u8>),
    /// There is none any more.
    Remove,
}

impl NewAuthorization {
    /// The same for a decision.
    pub(crate) fn decided(&self) -> Authorization {
        match self {
            Self::Keep => Authorization::Keep,
            Self::Set(_) => Authorization::Set,
            Self::Remove => Authorization::Remove,
        }
    }
}

/// Sets a stream's settings.
pub struct UpdateStream<F> {
    /// The stream.
    pub id: StreamId,
    /// Whose it must be, where its receiver asks.
    pub of: Option<ClientId>,
    /// Makes the new settings from the present ones.
    pub change: F,
    /// The `Authorization` header.
    pub authorization: NewAuthorization,
}

impl<F: Fn(&Stream) -> Result<StreamSettings, Refusal> + Sync> Command for UpdateStream<F> {
    type Reply = Stream;

    async fn decide(
        &self,
        _: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<Stream>, Refused> {
        let stream = stream(state, self.id, self.of.as_ref()).await?;
        let settings = (self.change)(&stream)?;
        let changes = stream::update(&stream, settings.clone(), self.authorization.decided())?;
        let (updated, mut rows) = edit(stream, settings, &self.authorization);
        if changes.is_empty() {
            rows.clear();
        }
        Ok(Decision::new(changes, updated)
            .with_rows(rows)
            .waking(queue::topics([target(self.id).as_str()])))
    }
}

/// A stream after an edit, and the rows that go with that.
pub(crate) fn edit(
    stream: Stream,
    settings: StreamSettings,
    authorization: &NewAuthorization,
) -> (Stream, Vec<Statement>) {
    let mut rows = Vec::new();
    let kept = stream.has_authorization && is_push(&settings);
    let has_authorization = match authorization {
        NewAuthorization::Set(sealed) => {
            rows.push(keep(stream.id, sealed));
            true
        }
        NewAuthorization::Keep if kept => true,
        _ => {
            rows.push(forget(stream.id));
            false
        }
    };
    if settings.delivery != stream.settings.delivery {
        rows.extend(queue::set_pushed(&target(stream.id), is_push(&settings)));
    }
    let edited = Stream {
        settings,
        has_authorization,
        ..stream
    };
    (edited, rows)
}

/// Enables, pauses or disables a stream.
pub struct SetStreamStatus {
    /// The stream.
    pub id: StreamId,
    /// Whose it must be, where its receiver asks.
    pub of: Option<ClientId>,
    /// Its status from now on.
    pub status: StreamStatus,
    /// Why.
    pub reason: Option<String>,
    /// Who says so.
    pub by: StatusSetter,
}

impl Command for SetStreamStatus {
    type Reply = Stream;

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<Stream>, Refused> {
        let stream = stream(state, self.id, self.of.as_ref()).await?;
        let changes = stream::set_status(&stream, self.status, self.reason.clone(), self.by)?;
        let reason = self.reason.clone();
        let (set, mut rows) = set_status(stream, self.status, reason, self.by, facts.now);
        if changes.is_empty() {
            rows.clear();
        }
        Ok(Decision::new(changes, set)
            .with_rows(rows)
            .waking(queue::topics([target(self.id).as_str()])))
    }
}

/// A stream with another status, and the rows that go with that.
pub(crate) fn set_status(
    stream: Stream,
    status: StreamStatus,
    reason: Option<String>,
    by: StatusSetter,
    now: Timestamp,
) -> (Stream, Vec<Statement>) {
    let target = target(stream.id);
    let rows = match status {
        // What is disabled holds nothing (SSF 1.0 §8.1.2); what goes is counted.
        StreamStatus::Disabled => queue::drop_pending(&target),
        StreamStatus::Paused => vec![queue::wake(&target)],
        // Whoever starts it again gives its receiver as long as at first to be heard of.
        StreamStatus::Enabled => vec![queue::wake(&target), seen(stream.id, now)],
    };
    let set = Stream {
        status,
        reason,
        stopped_by_operator: stream::stops(status, by).unwrap_or(stream.stopped_by_operator),
        ..stream
    };
    (set, rows)
}

/// Makes a stream hear of a user, or no more. One who does not exist is passed over in silence.
pub struct SetSubject {
    /// The stream.
    pub id: StreamId,
    /// Whose it must be, where its receiver asks.
    pub of: Option<ClientId>,
    /// The user.
    pub user: UserId,
    /// Whether it hears of them from now on.
    pub included: bool,
}

impl Command for SetSubject {
    type Reply = ();

    async fn decide(&self, _: &Facts, state: &mut Reading<'_>) -> Result<Decision<()>, Refused> {
        stream(state, self.id, self.of.as_ref()).await?;
        user(state, self.user).await?;
        let told = state.told(self.id, self.user).await?;
        let changes = stream::set_subject(self.id, self.user, self.included, told);
        Ok(Decision::new(changes, ()))
    }
}

/// Deletes a stream, with what waits in it.
pub struct DeleteStream {
    /// The stream.
    pub id: StreamId,
    /// Whose it must be, where its receiver asks.
    pub of: Option<ClientId>,
}

impl Command for DeleteStream {
    type Reply = ();

    async fn decide(&self, _: &Facts, state: &mut Reading<'_>) -> Result<Decision<()>, Refused> {
        let stream = stream(state, self.id, self.of.as_ref()).await?;
        Ok(Decision::new(stream::delete(&stream), ())
            .with_rows(end(self.id))
            .waking(queue::topics([target(self.id).as_str()])))
    }
}

/// Notes that a stream's receiver was heard of.
pub(crate) fn seen(stream: StreamId, now: Timestamp) -> Statement {
    Statement::new(
        "UPDATE stream_activity SET seen = $2 WHERE stream = $1",
        [Value::from(stream.to_string()), now.micros().into()],
    )
}

/// Rows that go with a stream.
pub(crate) fn end(stream: StreamId) -> Vec<Statement> {
    let mut rows = queue::close(&target(stream));
    rows.push(forget(stream));
    rows.push(Statement::new(
        "DELETE FROM stream_activity WHERE stream = $1",
        [Value::from(stream.to_string())],
    ));
    rows
}

/// Loads a stream of a client's; another's is as if it were not there.
pub(super) async fn stream(
    state: &mut Reading<'_>,
    id: StreamId,
    of: Option<&ClientId>,
) -> Result<Stream, Refused> {
    let stream = state.stream(id).await?;
    Ok(stream
        .filter(|stream| of.is_none_or(|client| stream.client == *client))
        .ok_or(Refusal::NotFound("stream"))?)
}

fn is_push(settings: &StreamSettings) -> bool {
    matches!(settings.delivery, Delivery::Push { .. })
}

/// Where the `Authorization` header of a stream lies, for sealing.
pub fn place(stream: &str) -> Place<'_> {
    Place {
        table: "stream_authorizations",
        row: stream.as_bytes(),
        column: "sealed",
    }
}

fn keep(stream: StreamId, sealed: &[u8]) -> Statement {
    Statement::new(
        "INSERT INTO stream_authorizations (stream, sealed) VALUES ($1, $2) \
         ON CONFLICT (stream) DO UPDATE SET sealed = excluded.sealed",
        [Value::from(stream.to_string()), sealed.into()],
    )
}

fn forget(stream: StreamId) -> Statement {
    Statement::new(
        "DELETE FROM stream_authorizations WHERE stream = $1",
        [Value::from(stream.to_string())],
    )
}
