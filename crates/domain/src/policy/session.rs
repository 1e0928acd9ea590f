//! When a session ends by itself: some time after it was last used, and some time after it began,
//! whichever is first.

use crate::value::Timestamp;
use serde::{Deserialize, Serialize};

/// Limits in seconds. They hold for sessions and for families of refresh tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetime {
    /// Unused for so long, it ends.
    pub idle_seconds: i64,
    /// However much it is used, it ends so long after its beginning.
    pub absolute_seconds: i64,
}

impl Lifetime {
    /// The moment from which on it is over.
    pub fn ends_at(self, began: Timestamp, last_used: Timestamp) -> Timestamp {
        let idle = last_used.plus(self.idle_seconds);
        let absolute = began.plus(self.absolute_seconds);
        idle.min(absolute)
    }

    /// Whether it is over.
    pub fn is_over(self, began: Timestamp, last_used: Timestamp, now: Timestamp) -> bool {
        now >= self.ends_at(began, last_used)
    }

    /// Whether a use is worth writing down. Not each one is: an end that comes a twentieth of the
    /// idle time early is noticed by nobody, and a busy session would write at every click.
    pub fn is_worth_noting(self, last_used: Timestamp, now: Timestamp) -> bool {
        now >= last_used.plus(self.idle_seconds / 20)
    }
}

/// Whether a person must sign in again for a request with `max_age` (OpenID Connect Core
/// §3.1.2.1): more seconds than that have passed since they did. 0 always asks, like
/// `prompt=login`.
pub fn is_too_old(authenticated: Timestamp, max_age_seconds: i64, now: Timestamp) -> bool {
    max_age_seconds == 0 || now > authenticated.plus(max_age_seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIME: Lifetime = Lifetime {
        idle_seconds: 3_600,
        absolute_seconds: 36_000,
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn a_session_ends_when_it_is_left_alone() {
        assert!(!LIFETIME.is_over(at(0), at(100), at(3_699)));
        assert!(LIFETIME.is_over(at(0), at(100), at(3_700)));
    }

    #[test]
    fn a_session_ends_however_much_it_is_used() {
        assert!(!LIFETIME.is_over(at(0), at(35_999), at(35_999)));
        assert!(LIFETIME.is_over(at(0), at(35_999), at(36_000)));
    }

    #[test]
    fn few_uses_are_written_down() {
        assert!(!LIFETIME.is_worth_noting(at(100), at(279)));
        assert!(LIFETIME.is_worth_noting(at(100), at(280)));
    }

    #[test]
    fn max_age_is_counted_from_the_sign_in() {
        assert!(!is_too_old(at(100), 60, at(160)));
        assert!(is_too_old(at(100), 60, at(161)));
        assert!(is_too_old(at(100), 0, at(100)));
    }
}
