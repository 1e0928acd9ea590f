//! `jti` of our access tokens: names the grant that a token hangs from, so that whoever checks one
//! finds in a single read whether it was revoked. No row is written for it.

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::value::GrantId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

const GRANT_LEN: usize = 16;
const RANDOM_LEN: usize = 12;
/// How many bytes it has.
pub(super) const LEN: usize = GRANT_LEN + RANDOM_LEN;
const TEXT_LEN: usize = (LEN * 4).div_ceil(3);

/// Grant (nil where a client acts for itself) and 96 random bits, in base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Jti([u8; LEN]);

impl Jti {
    /// A new one.
    pub(super) fn new(grant: Option<GrantId>, random: [u8; RANDOM_LEN]) -> Self {
        let grant = grant.map_or(Uuid::nil(), |grant| *grant.as_uuid());
        let mut bytes = [0; LEN];
        bytes[..GRANT_LEN].copy_from_slice(grant.as_bytes());
        bytes[GRANT_LEN..].copy_from_slice(&random);
        Self(bytes)
    }

    /// Reads one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; LEN + 2];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        bytes[..length].try_into().ok().map(Self)
    }

    /// One of these bytes.
    pub(super) fn from_bytes(bytes: [u8; LEN]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub(super) fn as_bytes(&self) -> &[u8; LEN] {
        &self.0
    }

    /// The grant.
    pub(super) fn grant(&self) -> Option<GrantId> {
        let grant = Uuid::from_slice(&self.0[..GRANT_LEN]).unwrap_or_default();
        (!grant.is_nil()).then(|| GrantId::new(grant))
    }

    fn with_text<T>(&self, use_it: impl FnOnce(&str) -> T) -> T {
        let mut text = [0; TEXT_LEN];
        let length = URL_SAFE_NO_PAD
            .encode_slice(self.0, &mut text)
            .unwrap_or_default();
        use_it(core::str::from_utf8(&text[..length]).unwrap_or_default())
    }
}

impl fmt::Display for Jti {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

impl Serialize for Jti {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_text(|text| serializer.serialize_str(text))
    }
}

impl<'de> Deserialize<'de> for Jti {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a jti of ours"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_its_grant() {
        let grant = GrantId::new(Uuid::from_u128(5));
        let jti = Jti::new(Some(grant), [3; RANDOM_LEN]);
        assert_eq!(jti.grant(), Some(grant));
        assert_eq!(Jti::parse(&jti.to_string()), Some(jti));
        assert_eq!(jti.to_string().len(), TEXT_LEN);
        assert_eq!(Jti::new(None, [3; RANDOM_LEN]).grant(), None);
    }

    #[test]
    fn what_is_not_one_is_refused() {
        let text = Jti::new(None, [0xff; RANDOM_LEN]).to_string();
        for bad in [
            "",
            "abc",
            &text[1..],
            &format!("{text}A"),
            &format!("{text}AAAAAAAA"),
            "ä",
        ] {
            assert_eq!(Jti::parse(bad), None, "{bad}");
        }
    }
}
