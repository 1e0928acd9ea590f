//! Passwords in the OpaqueString form of RFC 8265 §4.2, wiped from memory when dropped.

use alloc::string::String;
use core::fmt;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{CodePointMapData, props::GeneralCategory};
use zeroize::{Zeroize, Zeroizing};

const MIN_CHARS: usize = 8;
const MAX_BYTES: usize = 1024;

/// A password as it is hashed: other spaces made ASCII spaces, NFC. It has no `Display` and no
/// `Serialize`, so that it cannot be printed or stored by accident.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// Why a text cannot be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// Fewer than 8 characters.
    #[error("a password has at least {MIN_CHARS} characters")]
    TooShort,
    /// More than 1024 bytes.
    #[error("a password has at most {MAX_BYTES} bytes")]
    TooLong,
    /// A control character, which keyboards differ in.
    #[error("a password may not contain control characters")]
    Control,
}

impl Password {
    /// The fewest characters that a new password may have.
    pub const MIN_CHARS: usize = MIN_CHARS;

    /// Reads a new password.
    pub fn parse(text: &str) -> Result<Self, InvalidPassword> {
        let password = Self::attempt(text)?;
        if password.0.chars().count() < MIN_CHARS {
            return Err(InvalidPassword::TooShort);
        }
        Ok(password)
    }

    /// Reads what somebody typed to sign in: the same form, without the minimum, so that passwords
    /// brought from elsewhere keep working.
    pub fn attempt(text: &str) -> Result<Self, InvalidPassword> {
        if text.len() > MAX_BYTES {
            return Err(InvalidPassword::TooLong);
        }
        if text.contains(char::is_control) {
            return Err(InvalidPassword::Control);
        }
        let category = CodePointMapData::<GeneralCategory>::new();
        let is_space = |c| category.get(c) == GeneralCategory::SpaceSeparator;
        let spaced: Zeroizing<String> = Zeroizing::new(
            text.chars()
                .map(|c| if is_space(c) { ' ' } else { c })
                .collect(),
        );
        let normal = ComposingNormalizerBorrowed::new_nfc().normalize(&spaced);
        Ok(Self(Zeroizing::new(normal.into_owned())))
    }

    /// The bytes to hash.
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

impl<'de> serde::Deserialize<'de> for Password {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = String::deserialize(deserializer)?;
        let password = Self::parse(&text).map_err(serde::de::Error::custom);
        text.zeroize();
        password
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_password_typed_on_two_systems_is_the_same() {
        let composed = Password::parse("correct hörse").unwrap();
        let decomposed = Password::parse("correct\u{a0}ho\u{308}rse").unwrap();
        assert_eq!(composed.expose(), decomposed.expose());
        let other_case = Password::parse("Correct hörse").unwrap();
        assert_ne!(composed.expose(), other_case.expose());
    }

    #[test]
    fn length_is_bounded_for_new_passwords() {
        assert_eq!(
            Password::parse("seven77").unwrap_err(),
            InvalidPassword::TooShort
        );
        assert!(Password::parse("eight888").is_ok());
        assert!(Password::attempt("seven77").is_ok());
        assert_eq!(
            Password::attempt(&"a".repeat(1025)).unwrap_err(),
            InvalidPassword::TooLong
        );
        assert_eq!(
            Password::parse("eight\n888").unwrap_err(),
            InvalidPassword::Control
        );
    }

    #[test]
    fn it_cannot_be_printed() {
        let password = Password::parse("correct horse").unwrap();
        assert_eq!(alloc::format!("{password:?}"), "Password(..)");
    }
}
