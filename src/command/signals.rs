//! Signals from outside.

use domain::signal::{self, Reported};
use domain::value::{SignalId, UserId};

use super::user;
use crate::execute::{Command, Decision, Facts, Refused};
use crate::read::Reading;

/// Notes what somebody outside reports about a person.
pub struct ReportSignal {
    /// Names the signal.
    pub id: SignalId,
    /// The person.
    pub user: UserId,
    /// The event's URI.
    pub uri: String,
    /// What is reported.
    pub reported: Reported,
}

impl Command for ReportSignal {
    type Reply = ();

    async fn decide(&self, _: &Facts, state: &mut Reading<'_>) -> Result<Decision<()>, Refused> {
        user(state, self.user).await?;
        let changes = signal::report(self.id, self.user, self.uri.clone(), self.reported.clone());
        Ok(Decision::new(changes, ()))
    }
}
