//! A moment, as a number: microseconds since 1970-01-01T00:00:00Z. It is always an argument.

use serde::{Deserialize, Serialize};

const MICROS_PER_SECOND: i64 = 1_000_000;

/// Microseconds since 1970-01-01T00:00:00Z. Arithmetic saturates, so that "never" may be
/// [`Timestamp::MAX`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Later than every moment that is reached: "never".
    pub const MAX: Self = Self(i64::MAX);

    /// The moment so many microseconds after 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The moment so many seconds after 1970, as `exp` and `auth_time` count.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// Microseconds since 1970.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down, for `iat`, `exp` and `auth_time`.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// The moment this many seconds later (earlier if negative).
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(
            self.0
                .saturating_add(seconds.saturating_mul(MICROS_PER_SECOND)),
        )
    }

    /// Microseconds from `earlier` until this moment; negative if it is not earlier.
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole seconds until `later`, rounded up and never negative, as `Retry-After` and
    /// `expires_in` want them.
    pub const fn seconds_until(self, later: Self) -> i64 {
        let micros = later.0.saturating_sub(self.0);
        if micros <= 0 {
            return 0;
        }
        micros / MICROS_PER_SECOND + (micros % MICROS_PER_SECOND != 0) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_down_also_before_1970() {
        assert_eq!(Timestamp::from_micros(1_999_999).seconds(), 1);
        assert_eq!(Timestamp::from_micros(-1).seconds(), -1);
    }

    #[test]
    fn seconds_until_round_up_and_end_at_zero() {
        let now = Timestamp::from_seconds(100);
        assert_eq!(now.seconds_until(Timestamp::from_micros(100_000_001)), 1);
        assert_eq!(now.seconds_until(now.plus(30)), 30);
        assert_eq!(now.seconds_until(now.plus(-30)), 0);
    }

    #[test]
    fn never_stays_never() {
        assert_eq!(Timestamp::MAX.plus(600), Timestamp::MAX);
        assert_eq!(Timestamp::from_seconds(i64::MAX), Timestamp::MAX);
    }
}
