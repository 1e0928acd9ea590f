//! A receiver or an operator asks for a sign of life on a stream (SSF 1.0 §8.1.4).

use domain::refusal::Refusal;
use domain::stream::StreamStatus;
use domain::value::{ClientId, StreamId};
use eventlog::{Statement, Value};

use super::streams::target;
use crate::delivery::queue::{self, NewDelivery};
use crate::execute::{Command, Decision, Facts, Refused};
use crate::read::{self, Reading};

/// Queues a verification event, unless one was asked for a moment ago.
pub struct RequestVerification {
    /// The stream.
    pub id: StreamId,
    /// Whose it must be, and who may not ask all the time, where its receiver asks.
    pub of: Option<ClientId>,
    /// The event type.
    pub kind: String,
    /// The name of the token.
    pub jti: String,
    /// Its claims, as JSON.
    pub claims: String,
}

/// What becomes of a request for verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// It is on its way.
    Queued,
    /// It may be asked for in so many seconds.
    TooSoon(i64),
}

impl Command for RequestVerification {
    type Reply = Verification;

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<Verification>, Refused> {
        let stream = super::streams::stream(state, self.id, self.of.as_ref()).await?;
        if stream.status == StreamStatus::Disabled {
            let reason = "the stream is disabled: nothing is sent";
            return Err(Refusal::Invalid(reason.to_owned()).into());
        }
        let activity = read::streams::activity(state.log(), self.id).await?;
        let verified = activity.ok_or(Refusal::NotFound("stream"))?.verified;
        let again = verified.plus(stream.settings.min_verification_interval.into());
        if self.of.is_some() && again > facts.now {
            let wait = Verification::TooSoon(facts.now.seconds_until(again));
            return Ok(Decision::new(Vec::new(), wait));
        }
        let note = Statement::new(
            "UPDATE stream_activity SET verified = $2 WHERE stream = $1 AND verified = $3",
            [
                Value::from(self.id.to_string()),
                facts.now.micros().into(),
                verified.micros().into(),
            ],
        );
        let delivery = NewDelivery {
            target: target(self.id),
            id: self.jti.clone(),
            position: state.log().head().await?,
            ordinal: 0,
            user: None,
            kind: self.kind.clone(),
            control: false,
            body: self.claims.clone(),
            created: facts.now,
        };
        // Whoever asks at the same time is told to wait.
        Ok(Decision::new(Vec::new(), Verification::Queued)
            .with_rows(queue::enqueue(&[delivery]))
            .waking(queue::topics([target(self.id).as_str()]))
            .guarded_by([note.exactly(1)]))
    }
}
