//! `application/x-www-form-urlencoded`, strictly (RFC 6749 appendix B): queries and bodies.
//!
//! OAuth forbids parameters that come twice, but for `resource` and `audience`; most parsers keep one
//! of the two and hide the other. This one keeps all and tells. A parameter without a value counts as
//! left out (RFC 6749 §3.1).

use std::borrow::Cow;
use std::ops::Range;

/// The largest form that is read, in bytes.
pub const LARGEST: usize = 64 * 1024;

/// The most parameters that a form may have.
const MOST: usize = 128;

/// A form as it came. Names and values are decoded.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Form {
    /// All names and values, one after the other.
    text: String,
    /// Where in the text each name is, and its value.
    pairs: Vec<(Range<usize>, Range<usize>)>,
}

/// What is wrong with a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Over [`LARGEST`].
    #[error("the request is larger than 64 KiB")]
    TooLarge,
    /// Over 128 parameters.
    #[error("the request has more than 128 parameters")]
    TooMany,
    /// A `%` that is not followed by two hexadecimal digits.
    #[error("the request has a broken percent-encoding")]
    Percent,
    /// Bytes that are not UTF-8.
    #[error("the request is not UTF-8")]
    Utf8,
    /// A NUL character.
    #[error("the request has a NUL character")]
    Nul,
}

impl Form {
    /// Reads a form.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > LARGEST {
            return Err(Malformed::TooLarge);
        }
        let encoded = str::from_utf8(bytes).map_err(|_| Malformed::Utf8)?;
        let mut form = Self {
            text: String::with_capacity(bytes.len()),
            pairs: Vec::with_capacity(8),
        };
        for pair in encoded.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let pair = (form.push(name)?, form.push(value)?);
            form.pairs.push(pair);
            if form.pairs.len() > MOST {
                return Err(Malformed::TooMany);
            }
        }
        Ok(form)
    }

    fn push(&mut self, encoded: &str) -> Result<Range<usize>, Malformed> {
        let start = self.text.len();
        self.text.push_str(&decode(encoded)?);
        Ok(start..self.text.len())
    }

    /// The value of a parameter; none where it is missing or empty. Of a repeated one, the first.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a parameter that are not empty, in order.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter(move |(other, value)| *other == name && !value.is_empty())
            .map(|(_, value)| value)
    }

    /// A parameter that comes more than once and may not.
    pub fn repeated(&self, allowed: &[&str]) -> Option<&str> {
        let names = || self.iter().map(|(name, _)| name);
        let mut numbered = names().enumerate();
        numbered
            .find(|(index, name)| {
                !allowed.contains(name) && names().take(*index).any(|other| other == *name)
            })
            .map(|(_, name)| name)
    }

    /// All parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(name, value)| (&self.text[name.clone()], &self.text[value.clone()]))
    }
}

/// Undoes the encoding of one name or value.
pub fn decode(encoded: &str) -> Result<Cow<'_, str>, Malformed> {
    let bytes = encoded.as_bytes();
    let decoded = if bytes.contains(&b'%') || bytes.contains(&b'+') {
        let mut decoded = Vec::with_capacity(bytes.len());
        let mut rest = bytes.iter();
        while let Some(byte) = rest.next() {
            decoded.push(match byte {
                b'+' => b' ',
                b'%' => hex(rest.next())? << 4 | hex(rest.next())?,
                other => *other,
            });
        }
        Cow::Owned(String::from_utf8(decoded).map_err(|_| Malformed::Utf8)?)
    } else {
        Cow::Borrowed(encoded)
    };
    if decoded.as_bytes().contains(&0) {
        return Err(Malformed::Nul);
    }
    Ok(decoded)
}

fn hex(digit: Option<&u8>) -> Result<u8, Malformed> {
    let digit = digit
        .and_then(|byte| char::from(*byte).to_digit(16))
        .ok_or(Malformed::Percent)?;
    u8::try_from(digit).map_err(|_| Malformed::Percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_decoded() {
        let form = Form::parse(b"scope=openid+photos%3Aread&state=%C3%A4&empty=&flag").unwrap();
        assert_eq!(form.get("scope"), Some("openid photos:read"));
        assert_eq!(form.get("state"), Some("ä"));
        assert_eq!(form.get("empty"), None);
        assert_eq!(form.get("flag"), None);
        assert_eq!(form.get("other"), None);
    }

    #[test]
    fn a_repeated_parameter_is_seen() {
        let form = Form::parse(b"resource=a&client_id=x&resource=b&client_id=y").unwrap();
        assert_eq!(form.repeated(&["resource"]), Some("client_id"));
        assert_eq!(form.repeated(&["resource", "client_id"]), None);
        assert_eq!(form.all("resource").collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn what_is_broken_is_refused() {
        for (bytes, why) in [
            (b"a=%4".as_slice(), Malformed::Percent),
            (b"a=%zz", Malformed::Percent),
            (b"a=%ff", Malformed::Utf8),
            (b"a=\xff", Malformed::Utf8),
            (b"a=%c3&%a4=", Malformed::Utf8),
            (b"a=%00", Malformed::Nul),
        ] {
            assert_eq!(Form::parse(bytes), Err(why));
        }
        assert_eq!(
            Form::parse(&vec![b'a'; LARGEST + 1]),
            Err(Malformed::TooLarge)
        );
        assert_eq!(
            Form::parse("a=1&".repeat(MOST + 1).as_bytes()),
            Err(Malformed::TooMany)
        );
    }
}
