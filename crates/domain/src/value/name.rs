//! Names that people read: trimmed, NFC, one line, nothing invisible that could deceive.

use super::text::text_value;
use alloc::sync::Arc;
use icu_normalizer::ComposingNormalizerBorrowed;

const MAX_NAME_CHARS: usize = 200;
const MAX_GROUP_NAME_CHARS: usize = 128;
const MAX_DESCRIPTION_CHARS: usize = 500;

/// Why a text cannot be shown as a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing there but spaces.
    #[error("a name may not be empty")]
    Empty,
    /// More characters than the limit.
    #[error("too long: at most {0} characters")]
    TooLong(usize),
    /// A control character, a line break, or one that reverses what is displayed.
    #[error("may not contain the control character {0:?}")]
    Control(char),
}

text_value!(
    /// A display name or other one-line text: 1 to 200 characters.
    Name, InvalidText
);

text_value!(
    /// The name of a group: 1 to 128 characters, case-sensitive.
    GroupName, InvalidText
);

impl Name {
    /// Reads a name; spaces around it are dropped.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        one_line(text, MAX_NAME_CHARS).map(Self)
    }
}

impl GroupName {
    /// Reads a group name; spaces around it are dropped.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        one_line(text, MAX_GROUP_NAME_CHARS).map(Self)
    }
}

/// Refuses a text that tells people what something is for, if it could deceive them or is longer than
/// 500 characters. It may be empty.
pub fn check_description(text: &str) -> Result<(), InvalidText> {
    match one_line(text, MAX_DESCRIPTION_CHARS) {
        Ok(_) | Err(InvalidText::Empty) => Ok(()),
        Err(error) => Err(error),
    }
}

fn one_line(text: &str, max_chars: usize) -> Result<Arc<str>, InvalidText> {
    clean(text, max_chars, is_deceptive)
}

/// Trims, normalises to NFC, and refuses what `is_refused` names.
pub(super) fn clean(
    text: &str,
    max_chars: usize,
    is_refused: fn(char) -> bool,
) -> Result<Arc<str>, InvalidText> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidText::Empty);
    }
    if text.chars().count() > max_chars {
        return Err(InvalidText::TooLong(max_chars));
    }
    if let Some(c) = text.chars().find(|c| is_refused(*c)) {
        return Err(InvalidText::Control(c));
    }
    let text = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    // A few characters have a longer normal form.
    if text.chars().count() > max_chars {
        return Err(InvalidText::TooLong(max_chars));
    }
    Ok(text.as_ref().into())
}

/// Controls, line and paragraph separators, direction overrides and isolates, byte order mark: a
/// name with these could make a consent page say something else.
pub(super) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_normalised() {
        assert_eq!(Name::parse("  Zoe\u{308} ").unwrap().as_str(), "Zoë");
        assert_eq!(GroupName::parse("photos").unwrap().as_str(), "photos");
    }

    #[test]
    fn nothing_invisible_gets_in() {
        assert_eq!(Name::parse(" \t "), Err(InvalidText::Empty));
        for c in ['\n', '\0', '\u{202e}', '\u{2066}', '\u{2028}', '\u{feff}'] {
            assert_eq!(
                Name::parse(&alloc::format!("a{c}b")),
                Err(InvalidText::Control(c))
            );
        }
    }

    #[test]
    fn length_counts_characters_not_bytes() {
        assert!(Name::parse(&"ß".repeat(200)).is_ok());
        assert_eq!(
            Name::parse(&"ß".repeat(201)),
            Err(InvalidText::TooLong(200))
        );
        assert_eq!(
            GroupName::parse(&"a".repeat(129)),
            Err(InvalidText::TooLong(128))
        );
    }
}
