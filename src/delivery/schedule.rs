//! When something is tried again. Pure: time and chance are arguments.

use domain::value::Timestamp;

use crate::rng::Rng;

/// How often a thing is tried before it is given up.
pub const ATTEMPTS: u32 = 12;

/// Seconds before each further attempt at one thing; the last one repeats.
const ITEM: [i64; 11] = [
    5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 72_000, 86_400,
];

/// Seconds before each further look at a target that fails as a whole; the last one repeats. It is asked often
/// enough to be served soon after it is back.
const TARGET: [i64; 8] = [2, 5, 15, 30, 60, 180, 300, 600];

/// The longest `Retry-After` that is honoured, in seconds.
const LONGEST: i64 = 3_600;

/// When a thing that was refused for the `attempts`th time is tried again.
pub fn item(attempts: u32, now: Timestamp, rng: &dyn Rng) -> Timestamp {
    later(now, step(&ITEM, attempts), rng)
}

/// When a target is looked at again that has failed `failures` times in a row, and asked for `retry_after`
/// seconds.
pub fn target(failures: u32, retry_after: Option<i64>, now: Timestamp, rng: &dyn Rng) -> Timestamp {
    let seconds = match retry_after {
        Some(seconds) => seconds.clamp(1, LONGEST),
        None => step(&TARGET, failures),
    };
    later(now, seconds, rng)
}

/// How many seconds `attempts` attempts at one thing take. For so long a thing at the head of a failing target
/// is tried, however often that is.
pub fn span(attempts: u32) -> i64 {
    (1..attempts).map(|attempt| step(&ITEM, attempt)).sum()
}

fn step(steps: &[i64], count: u32) -> i64 {
    let index = usize::try_from(count.saturating_sub(1)).unwrap_or(usize::MAX);
    steps[index.min(steps.len() - 1)]
}

/// So many seconds later and up to a fifth more, so that what failed together does not come back together.
fn later(now: Timestamp, seconds: i64, rng: &dyn Rng) -> Timestamp {
    let chance = i64::from(u16::from_be_bytes(rng.bytes::<2>()));
    let jitter = seconds * 1_000_000 / 5 * chance / i64::from(u16::MAX);
    Timestamp::from_micros(now.plus(seconds).micros().saturating_add(jitter))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least and the greatest chance.
    struct Always(u8);

    impl Rng for Always {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0);
        }
    }

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    #[test]
    fn an_item_is_tried_twelve_times_in_almost_three_days() {
        let mut at = NOW;
        for attempt in 1..ATTEMPTS {
            let next = item(attempt, at, &Always(0));
            assert!(next > at);
            at = next;
        }
        assert_eq!(at, NOW.plus(span(ATTEMPTS)));
        assert_eq!(span(ATTEMPTS), 240_155);
        assert_eq!(span(1), 0);
        assert_eq!(item(1_000, NOW, &Always(0)), NOW.plus(86_400));
    }

    #[test]
    fn a_target_is_asked_every_ten_minutes_at_last() {
        for (failures, seconds) in [(0, 2), (1, 2), (2, 5), (8, 600), (9, 600), (u32::MAX, 600)] {
            assert_eq!(
                target(failures, None, NOW, &Always(0)),
                NOW.plus(seconds),
                "{failures}"
            );
        }
    }

    #[test]
    fn chance_adds_up_to_a_fifth() {
        assert_eq!(item(2, NOW, &Always(0xff)), NOW.plus(36));
        assert_eq!(target(8, None, NOW, &Always(0xff)), NOW.plus(720));
    }

    #[test]
    fn retry_after_is_honoured_within_bounds() {
        for (asked, seconds) in [(0, 1), (7, 7), (3_600, 3_600), (i64::MAX, 3_600)] {
            assert_eq!(
                target(5, Some(asked), NOW, &Always(0)),
                NOW.plus(seconds),
                "{asked}"
            );
        }
    }
}
