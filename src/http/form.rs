//! `application/x-www-form-urlencoded`, strictly (RFC 6749 appendix B): queries and bodies.
//!
//! OAuth forbids parameters that come twice, but for `resource` and `audience`; most parsers keep one
//! of the two and hide the other. This one keeps all and tells. A parameter without a value counts as
//! left out (RFC 6749 §3.1).

use std::borrow::Cow;

/// The largest form that is read, in bytes.
pub const LARGEST: usize = 64 * 1024;

/// The most parameters that a form may have.
const MOST: usize = 128;

/// A form as it came. Names and values are decoded.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Form {
    pairs: Vec<(String, String)>,
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
        let mut pairs = Vec::with_capacity(8);
        for pair in bytes
            .split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            let equals = pair
                .iter()
                .position(|byte| *byte == b'=')
                .unwrap_or(pair.len());
            let name = decode(&pair[..equals])?;
            let value = decode(pair.get(equals + 1..).unwrap_or_default())?;
            pairs.push((name, value));
            if pairs.len() > MOST {
                return Err(Malformed::TooMany);
            }
        }
        Ok(Self { pairs })
    }

    /// The value of a parameter; none where it is missing or empty. Of a repeated one, the first.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a parameter that are not empty, in order.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.pairs
            .iter()
            .filter(move |(other, value)| other == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// A parameter that comes more than once and may not.
    pub fn repeated(&self, allowed: &[&str]) -> Option<&str> {
        let mut names = self.pairs.iter().map(|(name, _)| name.as_str()).enumerate();
        names
            .find(|(index, name)| {
                !allowed.contains(name)
                    && self.pairs[..*index].iter().any(|(other, _)| other == name)
            })
            .map(|(_, name)| name)
    }

    /// All parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Undoes the encoding of one name or value.
pub fn decode(bytes: &[u8]) -> Result<String, Malformed> {
    let mut out: Cow<'_, [u8]> = Cow::Borrowed(bytes);
    if bytes.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        let mut decoded = Vec::with_capacity(bytes.len());
        let mut rest = bytes.iter();
        while let Some(byte) = rest.next() {
            decoded.push(match byte {
                b'+' => b' ',
                b'%' => hex(rest.next())? << 4 | hex(rest.next())?,
                other => *other,
            });
        }
        out = Cow::Owned(decoded);
    }
    if out.contains(&0) {
        return Err(Malformed::Nul);
    }
    String::from_utf8(out.into_owned()).map_err(|_| Malformed::Utf8)
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
