//! Rotation of refresh tokens (RFC 9700 §4.14.2) that forgives a lost answer.
//!
//! A token's successor is derived, not drawn, so the same one can be given twice. Within 10 seconds,
//! and before the successor itself was used, the old token gets it again; any other old token means
//! that two parties hold the family, and ends it.

use super::session::Lifetime;
use crate::value::Timestamp;

/// How long an answer that was lost can be asked for again, in microseconds.
const RETRY_MICROS: i64 = 10_000_000;

/// A chain of refresh tokens. Generations count from 0; only the newest is current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// The current generation.
    pub generation: u32,
    /// When the first token was issued.
    pub began: Timestamp,
    /// When the current generation was issued.
    pub rotated: Timestamp,
    /// How long it lives.
    pub lifetime: Lifetime,
}

/// What to do with a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Issue the next generation.
    Rotate,
    /// Issue the current generation once more: its first answer was lost.
    Repeat,
    /// It was used before: end the family.
    Reuse,
    /// The family is over.
    Expired,
}

impl Family {
    /// Decides about a token of the family that is genuine and of this generation.
    ///
    /// The current generation being current is the proof that it was not used: using it would have
    /// made the next one.
    pub fn decide(&self, presented: u32, now: Timestamp) -> Decision {
        if self.lifetime.is_over(self.began, self.rotated, now) {
            Decision::Expired
        } else if presented == self.generation {
            Decision::Rotate
        } else if presented.checked_add(1) == Some(self.generation)
            && now.micros_since(self.rotated) <= RETRY_MICROS
        {
            Decision::Repeat
        } else {
            Decision::Reuse
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILY: Family = Family {
        generation: 5,
        began: Timestamp::from_seconds(0),
        rotated: Timestamp::from_seconds(1_000),
        lifetime: Lifetime {
            idle_seconds: 600,
            absolute_seconds: 10_000,
        },
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn the_current_token_rotates() {
        assert_eq!(FAMILY.decide(5, at(1_000)), Decision::Rotate);
        assert_eq!(FAMILY.decide(5, at(1_599)), Decision::Rotate);
    }

    #[test]
    fn a_lost_answer_is_repeated_for_ten_seconds() {
        assert_eq!(FAMILY.decide(4, at(1_010)), Decision::Repeat);
        let late = Timestamp::from_micros(1_010_000_001);
        assert_eq!(FAMILY.decide(4, late), Decision::Reuse);
    }

    #[test]
    fn after_its_successor_was_used_a_token_is_reused() {
        let next = Family {
            generation: 6,
            rotated: at(1_001),
            ..FAMILY
        };
        assert_eq!(next.decide(4, at(1_002)), Decision::Reuse);
    }

    #[test]
    fn a_generation_that_was_never_issued_is_reuse() {
        // As after a restore from a backup older than the client's token.
        assert_eq!(FAMILY.decide(6, at(1_001)), Decision::Reuse);
        assert_eq!(FAMILY.decide(u32::MAX, at(1_001)), Decision::Reuse);
    }

    #[test]
    fn a_family_ends_unused_or_old() {
        assert_eq!(FAMILY.decide(5, at(1_600)), Decision::Expired);
        let busy = Family {
            rotated: at(9_999),
            ..FAMILY
        };
        assert_eq!(busy.decide(5, at(10_000)), Decision::Expired);
        assert_eq!(busy.decide(3, at(10_000)), Decision::Expired);
    }
}
