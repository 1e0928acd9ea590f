//! What came, and how far the stream is. Here a program of your own would act on the tokens: end
//! sessions, ask for a password again. Only then may it say `Ok`, for the transmitter forgets them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared_signals::event::Ssf;
use shared_signals::event::ssf::Verification;
use shared_signals::receiver::{Rejection, Sink};
use shared_signals::{ErrorCode, Event, Received, SecurityEventToken, SetError};

use super::issuer;

/// How many tokens are kept.
const MOST: usize = 100;

/// A token that was taken.
#[derive(Clone)]
pub(crate) struct Taken {
    /// When it came, in seconds since 1970.
    pub(crate) at: i64,
    pub(crate) claims: SecurityEventToken,
}

/// How far the stream is.
#[derive(Clone, Default)]
pub(crate) struct Progress {
    /// There is one.
    pub(crate) stream: Option<String>,
    /// A verification with this state was asked for.
    state: Option<String>,
    /// When the verification came, in seconds since 1970.
    pub(crate) verified: Option<i64>,
    /// What the last attempt met with.
    pub(crate) trouble: Option<String>,
}

/// The last tokens and the progress, shared by all who hold one.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    progress: Progress,
    /// Newest first.
    tokens: VecDeque<Taken>,
}

impl Ledger {
    /// The progress, and the tokens with the newest first.
    pub(crate) fn look(&self) -> (Progress, Vec<Taken>) {
        let state = self.lock();
        (
            state.progress.clone(),
            state.tokens.iter().cloned().collect(),
        )
    }

    /// From now on a verification with `state` is expected of the stream.
    pub(crate) fn ask(&self, stream: &str, state: &str) {
        let progress = &mut self.lock().progress;
        progress.stream = Some(stream.to_owned());
        progress.state = Some(state.to_owned());
    }

    /// What the last attempt met with.
    pub(crate) fn set_trouble(&self, trouble: Option<String>) {
        self.lock().progress.trouble = trouble;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Ledger {
    async fn accept(&self, token: Received) -> Result<(), Rejection> {
        let refuse = |code, why| Err(Rejection::Refused(SetError::new(code, why)));
        let at = issuer::now();
        let mut state = self.lock();
        // One without a state is the transmitter's own (SSF 1.0 §8.1.4.1).
        if let Event::Ssf(Ssf::Verification(Verification { state: answer })) = &token.event
            && answer.is_some()
        {
            if *answer != state.progress.state {
                return refuse(ErrorCode::InvalidState, "not the state that was asked for");
            }
            state.progress.verified = Some(at);
        }
        let Some(sub_id) = token.subject else {
            return refuse(ErrorCode::InvalidRequest, "a token without a subject");
        };
        let claims = SecurityEventToken {
            iss: token.iss,
            iat: token.iat,
            jti: token.jti,
            aud: token.aud,
            txn: token.txn,
            toe: token.toe,
            sub_id,
            event: token.event,
        };
        state.tokens.push_front(Taken { at, claims });
        state.tokens.truncate(MOST);
        Ok(())
    }
}
