//! `client_id` (RFC 6749 §2.2, appendix A.1), kept apart from users' `sub` (RFC 9068 §5).

use super::text::text_value;
use uuid::Uuid;

const MAX_BYTES: usize = 128;

text_value!(
    /// The name of a client: 1 to 128 visible ASCII characters that are not a UUID, so that the `sub`
    /// of a client's own token can never be taken for a person's.
    ClientId, InvalidClientId
);

/// Why a text is no client id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClientId {
    /// Empty, or longer than 128 bytes.
    #[error("a client id has 1 to {MAX_BYTES} characters")]
    Length,
    /// A space, a control character or something beyond ASCII.
    #[error("a client id has only visible ASCII characters, without spaces")]
    Character,
    /// It could be taken for a user.
    #[error("a client id may not be a UUID: those name people")]
    LooksLikeUser,
}

impl ClientId {
    /// Reads a client id.
    pub fn parse(text: &str) -> Result<Self, InvalidClientId> {
        if text.is_empty() || text.len() > MAX_BYTES {
            return Err(InvalidClientId::Length);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidClientId::Character);
        }
        if Uuid::try_parse(text).is_ok() {
            return Err(InvalidClientId::LooksLikeUser);
        }
        Ok(Self(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_never_mistaken_for_a_user() {
        for text in [
            "01980c4e-7c1a-7000-8000-000000000001",
            "01980C4E7C1A70008000000000000001",
            "urn:uuid:01980c4e-7c1a-7000-8000-000000000001",
        ] {
            assert_eq!(ClientId::parse(text), Err(InvalidClientId::LooksLikeUser));
        }
    }

    #[test]
    fn length_and_characters_are_bounded() {
        assert!(ClientId::parse("demo-web").is_ok());
        assert!(ClientId::parse("https://app.example/client.json").is_ok());
        assert_eq!(ClientId::parse(""), Err(InvalidClientId::Length));
        assert_eq!(
            ClientId::parse(&"a".repeat(129)),
            Err(InvalidClientId::Length)
        );
        assert_eq!(ClientId::parse("demo web"), Err(InvalidClientId::Character));
        assert_eq!(ClientId::parse("démo"), Err(InvalidClientId::Character));
    }
}
