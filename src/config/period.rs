//! Periods as people write them: `60s`, `10m`, `12h`, `400d`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

/// A number of seconds, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Period(i64);

/// Not a period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a period: write a whole number and s, m, h or d, as \"10m\"")]
pub struct InvalidPeriod(String);

/// A thousand years: the sums that are made with it stay far from overflow.
const LONGEST: i64 = 365_000 * 86_400;

impl Period {
    /// In seconds.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// As the standard library has it.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0.unsigned_abs())
    }

    /// In microseconds.
    pub const fn micros(self) -> i64 {
        self.0 * 1_000_000
    }
}

impl FromStr for Period {
    type Err = InvalidPeriod;

    fn from_str(text: &str) -> Result<Self, InvalidPeriod> {
        let seconds = || {
            let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
            let unit = match &text[digits.len()..] {
                "s" => 1,
                "m" => 60,
                "h" => 3600,
                "d" => 86_400,
                _ => return None,
            };
            digits
                .parse::<u32>()
                .ok()
                .map(|number| i64::from(number) * unit)
        };
        let seconds = seconds().filter(|seconds| (1..=LONGEST).contains(seconds));
        seconds
            .map(Self)
            .ok_or_else(|| InvalidPeriod(text.to_owned()))
    }
}

impl TryFrom<String> for Period {
    type Error = InvalidPeriod;

    fn try_from(text: String) -> Result<Self, InvalidPeriod> {
        text.parse()
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(86_400, 'd'), (3600, 'h'), (60, 'm')];
        let whole = units.into_iter().find(|(unit, _)| self.0 % unit == 0);
        let (unit, name) = whole.unwrap_or((1, 's'));
        write!(f, "{}{name}", self.0 / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_and_written_alike() {
        for (text, seconds) in [
            ("1s", 1),
            ("90s", 90),
            ("10m", 600),
            ("12h", 43_200),
            ("400d", 34_560_000),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!(period.seconds(), seconds);
            assert_eq!(period.to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_period_is_refused() {
        for text in [
            "",
            "10",
            "m",
            "0s",
            "-1s",
            "1.5h",
            "1 m",
            "1w",
            "10ms",
            "1\u{664}m",
            "4294967296s",
            "365001d",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text:?}");
        }
    }
}
