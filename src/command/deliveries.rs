//! Dead letters: what was given up is sent again, or dropped. Rows only, as all that is on its way.

use domain::refusal::Refusal;
use serde::{Deserialize, Serialize};

use crate::delivery::letters::{self, State};
use crate::execute::{Command, Decision, Facts, Refused};
use crate::read::Reading;

/// What becomes of a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is sent again.
    Replayed,
    /// It goes; the loss is counted.
    Dropped,
}

/// Settles one dead letter.
pub struct SettleDeadLetter {
    /// The name of its queue.
    pub target: String,
    /// Its own name.
    pub id: String,
    /// What becomes of it.
    pub fate: Fate,
}

impl Command for SettleDeadLetter {
    type Reply = ();

    async fn decide(&self, _: &Facts, state: &mut Reading<'_>) -> Result<Decision<()>, Refused> {
        let found = letters::get(state.log(), &self.target, &self.id).await?;
        let (is, _) = found.ok_or(Refusal::NotFound("delivery"))?;
        if is != State::Dead {
            return Err(Refusal::NotDead.into());
        }
        let rows = match self.fate {
            Fate::Replayed => letters::replay(&self.target, &self.id),
            Fate::Dropped => letters::discard(&self.target, &self.id),
        };
        Ok(Decision::new(Vec::new(), ())
            .with_rows(rows)
            .waking(letters::topics(&self.target)))
    }
}

/// The most dead letters of one commit.
const PAGE: i64 = 100;

/// Settles the oldest letters of a queue that are dead by now, as many as go into one commit; replies how
/// many. What is sent again and dies again meanwhile is not among them.
pub struct SettleDeadLetters {
    /// The name of the queue.
    pub target: String,
    /// What becomes of them.
    pub fate: Fate,
}

impl Command for SettleDeadLetters {
    type Reply = usize;

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<usize>, Refused> {
        let start = letters::Mark::START;
        let mut found = letters::list(state.log(), &self.target, State::Dead, &start, PAGE).await?;
        found.retain(|letter| letter.settled.is_some_and(|settled| settled <= facts.now));
        let settle = match self.fate {
            Fate::Replayed => letters::replay,
            Fate::Dropped => letters::discard,
        };
        let rows = found
            .iter()
            .flat_map(|letter| settle(&self.target, &letter.id));
        Ok(Decision::new(Vec::new(), found.len())
            .with_rows(rows.collect::<Vec<_>>())
            .waking(letters::topics(&self.target)))
    }
}
