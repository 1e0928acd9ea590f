//! Moments and waits in words. Pages cannot know the reader's time zone, so what is near is told
//! relative to now, what is far as a date, and the exact time in UTC stands in the tooltip.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

/// A moment, seen from now.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The moment itself.
    pub at: Timestamp,
    /// When the page is made.
    pub now: Timestamp,
}

impl Moment {
    /// For `<time datetime>`: RFC 3339 in UTC, to the second.
    pub(super) fn machine(&self) -> String {
        self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// The full time for the tooltip.
    pub(super) fn exact(&self) -> String {
        self.at.strftime("%-d %B %Y, %H:%M UTC").to_string()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.now.as_second() - self.at.as_second();
        match seconds {
            ..60 => f.write_str("just now"),
            60..3_600 => write!(f, "{} ago", Count(seconds / 60, "minute")),
            3_600..86_400 => write!(f, "{} ago", Count(seconds / 3_600, "hour")),
            86_400..604_800 => write!(f, "{} ago", Count(seconds / 86_400, "day")),
            _ => write!(f, "on {}", self.at.strftime("%-d %B %Y")),
        }
    }
}

/// How long to wait, rounded up so that nobody comes back too early.
#[derive(Clone, Copy, Debug)]
pub struct Wait(pub Duration);

impl Wait {
    /// Whole seconds, for `Retry-After` (RFC 9110, section 10.2.3).
    pub fn seconds(&self) -> u64 {
        u64::try_from(self.0.as_millis().div_ceil(1_000))
            .unwrap_or(u64::MAX)
            .max(1)
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.seconds()).unwrap_or(i64::MAX);
        match seconds {
            ..=90 => Count(seconds, "second").fmt(f),
            91..=5_400 => Count((seconds - 1) / 60 + 1, "minute").fmt(f),
            _ => Count((seconds - 1) / 3_600 + 1, "hour").fmt(f),
        }
    }
}

/// A number and its noun.
struct Count(i64, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.0, self.1)
    }
}

#[cfg(test)]
impl Moment {
    /// So many seconds ago.
    pub(super) const fn sample(seconds_ago: i64) -> Self {
        const NOW: i64 = 1_795_338_000;
        let now = Timestamp::constant(NOW, 0);
        Self {
            at: Timestamp::constant(NOW - seconds_ago, 0),
            now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_relative_when_near_and_a_date_when_far() {
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        for (at, words) in [
            ("2026-11-22T09:00:05Z", "just now"),
            ("2026-11-22T08:59:01Z", "just now"),
            ("2026-11-22T08:59:00Z", "1 minute ago"),
            ("2026-11-22T07:10:00Z", "1 hour ago"),
            ("2026-11-16T09:00:00Z", "6 days ago"),
            ("2026-03-02T23:59:59Z", "on 2 March 2026"),
        ] {
            assert_eq!(
                Moment {
                    at: at.parse().unwrap(),
                    now
                }
                .to_string(),
                words,
                "{at}"
            );
        }
    }

    #[test]
    fn a_wait_is_never_told_shorter_than_it_is() {
        for (millis, words) in [
            (0, "1 second"),
            (1_001, "2 seconds"),
            (90_000, "90 seconds"),
            (91_000, "2 minutes"),
            (120_001, "3 minutes"),
            (5_400_000, "90 minutes"),
            (5_401_000, "2 hours"),
        ] {
            assert_eq!(
                Wait(Duration::from_millis(millis)).to_string(),
                words,
                "{millis} ms"
            );
        }
    }
}
