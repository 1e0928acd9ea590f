//! A place in the log as others keep it: `<epoch>.<seq>`. A restored backup begins a new epoch, in
//! which the numbers of the former one mean nothing.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Everything up to here is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) epoch: i64,
    pub(super) seq: i64,
}

impl Position {
    fn parse(text: &str) -> Option<Self> {
        // Signs are not digits: a position has one spelling.
        let number = |digits: &str| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse().ok()).flatten()
        };
        let (epoch, seq) = text.split_once('.')?;
        Some(Self {
            epoch: number(epoch)?,
            seq: number(seq)?,
        })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.seq)
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("expected a position such as 1.4711"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_comes_back() {
        let position = Position::parse("2.4711").unwrap();
        assert_eq!((position.epoch, position.seq), (2, 4711));
        assert_eq!(position.to_string(), "2.4711");
        for text in ["", "1", "1.", ".1", "1.-1", "+1.1", "1.1.1", "a.b"] {
            assert_eq!(Position::parse(text), None, "{text}");
        }
    }
}
