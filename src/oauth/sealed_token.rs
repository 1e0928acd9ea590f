//! The fields of an access token one after the other, without names: the form in which it is sealed. It is
//! read at every introspection, so that it is short, and read without a parser.
//!
//! Numbers are little-endian; a text is its length and its bytes, a list its length and its texts.

use std::borrow::Cow;

use super::access_token::AccessToken;
use super::jti::{Jti, LEN};

/// All fields of a token.
pub(super) fn write(token: &AccessToken<'_>) -> Vec<u8> {
    let mut out = Writer(Vec::with_capacity(256));
    out.0.extend(token.jti.as_bytes());
    out.number(token.exp);
    out.number(token.iat);
    out.number(token.auth_time.unwrap_or(NEVER));
    for text in [
        &token.iss,
        &token.sub,
        &token.aud,
        &token.client_id,
        &token.scope,
    ] {
        out.text(text);
    }
    out.list(token.sid.iter());
    out.list(token.amr.iter());
    out.list(token.groups.iter());
    out.list(token.userinfo.iter());
    out.0
}

/// The token; none if these are not the fields of one.
pub(super) fn read(bytes: &[u8]) -> Option<AccessToken<'static>> {
    let mut from = Reader(bytes);
    let jti = Jti::from_bytes(*from.take::<LEN>()?);
    let [exp, iat, auth_time] = [from.number()?, from.number()?, from.number()?];
    let token = AccessToken {
        jti,
        exp,
        iat,
        auth_time: (auth_time != NEVER).then_some(auth_time),
        iss: from.text()?.into(),
        sub: from.text()?.into(),
        aud: from.text()?.into(),
        client_id: from.text()?.into(),
        scope: from.text()?.into(),
        sid: from.list()?.pop().map(Cow::Owned),
        amr: from.list()?.into(),
        groups: from.list()?.into_iter().map(Cow::Owned).collect(),
        userinfo: from.list()?.into(),
    };
    from.0.is_empty().then_some(token)
}

/// Stands for a time that there is not.
const NEVER: i64 = i64::MIN;

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: i64) {
        self.0.extend(number.to_le_bytes());
    }

    fn length(&mut self, length: usize) {
        // Far more than a request or a realm can hold.
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.0.extend(length.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend(text.as_bytes());
    }

    fn list(&mut self, texts: impl ExactSizeIterator<Item = impl AsRef<str>>) {
        self.length(texts.len());
        texts.for_each(|text| self.text(text.as_ref()));
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<&[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<i64> {
        self.take().copied().map(i64::from_le_bytes)
    }

    fn length(&mut self) -> Option<usize> {
        let length = self.take().copied().map(u32::from_le_bytes)?;
        usize::try_from(length).ok()
    }

    fn text(&mut self) -> Option<String> {
        let length = self.length()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(str::from_utf8(text).ok()?.to_owned())
    }

    fn list(&mut self) -> Option<Vec<String>> {
        let length = self.length()?;
        (0..length).map(|_| self.text()).collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::value::GrantId;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn tokens() -> impl Strategy<Value = AccessToken<'static>> {
        let text = || ".{0,40}";
        let list = || proptest::collection::vec(".{0,9}", 0..4);
        let texts = (text(), text(), text(), text(), text());
        let numbers = (any::<u128>(), any::<[u8; 12]>(), any::<i64>(), any::<i64>());
        let optional = (
            proptest::option::of(0..i64::MAX),
            proptest::option::of(text()),
        );
        let all = (texts, numbers, optional, (list(), list(), list()));
        all.prop_map(|(texts, numbers, optional, lists)| AccessToken {
            iss: texts.0.into(),
            sub: texts.1.into(),
            aud: texts.2.into(),
            client_id: texts.3.into(),
            scope: texts.4.into(),
            jti: Jti::new(Some(GrantId::new(Uuid::from_u128(numbers.0))), numbers.1),
            exp: numbers.2,
            iat: numbers.3,
            auth_time: optional.0,
            sid: optional.1.map(Cow::Owned),
            amr: lists.0.into(),
            groups: lists.1.into_iter().map(Cow::Owned).collect(),
            userinfo: lists.2.into(),
        })
    }

    proptest! {
        #[test]
        fn a_token_comes_back(token in tokens()) {
            prop_assert_eq!(read(&write(&token)), Some(token));
        }

        #[test]
        fn what_is_cut_or_longer_is_none(token in tokens(), cut in any::<proptest::sample::Index>()) {
            let mut bytes = write(&token);
            prop_assert_eq!(read(&bytes[..cut.index(bytes.len())]), None);
            bytes.push(0);
            prop_assert_eq!(read(&bytes), None);
        }

        #[test]
        fn nothing_made_up_does_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
