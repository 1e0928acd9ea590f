//! User names in the UsernameCaseMapped form of RFC 8265 §3.3 (PRECIS, RFC 8264).
//!
//! Wide and narrow forms are mapped, letters lowercased, the result is NFC, and only letters, digits
//! and visible ASCII remain. Stricter than the RFC in two places: `@` is refused, so that a user name
//! is never an e-mail address, and so are code points that are legal only in some contexts, except
//! Arabic digits. Parsing a user name again changes nothing.

use super::text::text_value;
use alloc::string::String;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{BidiClass, DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

const MAX_CHARS: usize = 64;

text_value!(
    /// What a person signs in with: 1 to 64 characters, compared as stored.
    Username, InvalidUsername
);

/// Why a text is no user name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUsername {
    /// Nothing there.
    #[error("a user name may not be empty")]
    Empty,
    /// More than 64 characters.
    #[error("a user name has at most {MAX_CHARS} characters")]
    TooLong,
    /// It could be an e-mail address.
    #[error("a user name may not contain \"@\": that is for e-mail addresses")]
    At,
    /// Not a letter, digit or visible ASCII character.
    #[error("a user name may not contain {0:?}: use letters, digits and ASCII punctuation")]
    Character(char),
    /// The Bidi rule of RFC 5893 §2, or digits of two Arabic sets.
    #[error(
        "a user name mixes right-to-left letters with others in a way that displays ambiguously"
    )]
    Direction,
}

impl Username {
    /// Brings a text into the stored form, or says why it has none.
    pub fn parse(text: &str) -> Result<Self, InvalidUsername> {
        // Bounds the work below; no mapping turns more than four characters into one.
        if text.chars().count() > 4 * MAX_CHARS {
            return Err(InvalidUsername::TooLong);
        }
        let nfkc = ComposingNormalizerBorrowed::new_nfkc();
        let mut mapped = String::with_capacity(text.len());
        for c in text.chars() {
            if is_wide_or_narrow(c) {
                mapped.push_str(&nfkc.normalize(c.encode_utf8(&mut [0; 4])));
            } else {
                mapped.push(c);
            }
        }
        let lower = mapped.to_lowercase();
        let name = ComposingNormalizerBorrowed::new_nfc().normalize(&lower);
        if name.is_empty() {
            return Err(InvalidUsername::Empty);
        }
        if name.chars().count() > MAX_CHARS {
            return Err(InvalidUsername::TooLong);
        }
        if name.contains('@') {
            return Err(InvalidUsername::At);
        }
        if let Some(c) = name.chars().find(|c| !is_allowed(*c)) {
            return Err(InvalidUsername::Character(c));
        }
        if !reads_one_way(&name) {
            return Err(InvalidUsername::Direction);
        }
        Ok(Self(name.as_ref().into()))
    }
}

/// The forms that UAX #11 calls fullwidth and halfwidth and that decompose.
fn is_wide_or_narrow(c: char) -> bool {
    matches!(c, '\u{3000}' | '\u{ff01}'..='\u{ffee}')
}

/// `IdentifierClass` of RFC 8264 §4.2 and §8, without its contextual code points.
fn is_allowed(c: char) -> bool {
    use GeneralCategory as G;
    match c {
        // Visible ASCII, and §9.6: valid though neither letters nor digits.
        '!'..='~' | '\u{06fd}' | '\u{06fe}' | '\u{0f0b}' | '\u{3007}' => true,
        // §9.6: refused though letters or marks; §9.9: the old Hangul jamo.
        '\u{0640}'
        | '\u{07fa}'
        | '\u{302e}'
        | '\u{302f}'
        | '\u{3031}'..='\u{3035}'
        | '\u{303b}'
        | '\u{1100}'..='\u{11ff}'
        | '\u{a960}'..='\u{a97c}'
        | '\u{d7b0}'..='\u{d7fb}' => false,
        _ => {
            let letter_or_digit = matches!(
                CodePointMapData::<GeneralCategory>::new().get(c),
                G::LowercaseLetter
                    | G::UppercaseLetter
                    | G::OtherLetter
                    | G::ModifierLetter
                    | G::DecimalNumber
                    | G::NonspacingMark
                    | G::SpacingMark
            );
            letter_or_digit
                && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
                && !has_compatibility_form(c)
        }
    }
}

/// RFC 8264 §9.17.
fn has_compatibility_form(c: char) -> bool {
    !ComposingNormalizerBorrowed::new_nfkc().is_normalized(c.encode_utf8(&mut [0; 4]))
}

/// The Bidi rule (RFC 5893 §2), and no two sets of Arabic digits (RFC 5892 A.8, A.9). A text with
/// any right-to-left character can only satisfy the rule as a right-to-left one.
fn reads_one_way(name: &str) -> bool {
    use BidiClass as B;
    let class = |c| CodePointMapData::<BidiClass>::new().get(c);
    let has = |wanted: &[B]| name.chars().any(|c| wanted.contains(&class(c)));

    let arabic_indic = name.contains(|c| matches!(c, '\u{0660}'..='\u{0669}'));
    let extended = name.contains(|c| matches!(c, '\u{06f0}'..='\u{06f9}'));
    if arabic_indic && extended {
        return false;
    }
    if !has(&[B::RightToLeft, B::ArabicLetter, B::ArabicNumber]) {
        return true;
    }
    let first = name.chars().next().map(class);
    let last = name
        .chars()
        .rev()
        .map(class)
        .find(|b| *b != B::NonspacingMark);
    matches!(first, Some(B::RightToLeft | B::ArabicLetter))
        && !has(&[B::LeftToRight])
        && matches!(
            last,
            Some(B::RightToLeft | B::ArabicLetter | B::EuropeanNumber | B::ArabicNumber)
        )
        && !(has(&[B::EuropeanNumber]) && has(&[B::ArabicNumber]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn form(text: &str) -> Result<String, InvalidUsername> {
        Username::parse(text).map(|name| name.as_str().into())
    }

    #[test]
    fn spellings_of_one_name_meet() {
        for (typed, stored) in [
            ("Alice", "alice"),
            ("ＡＬＩＣＥ", "alice"),
            ("Jose\u{301}", "josé"),
            ("STRASSE", "strasse"),
            ("straße", "straße"),
            ("\u{212b}sa", "åsa"),
            ("ΦΟΊΒΟΣ", "φοίβος"),
            ("o'brien.j+1", "o'brien.j+1"),
            ("한국", "한국"),
            ("عليا٣", "عليا٣"),
        ] {
            assert_eq!(form(typed).as_deref(), Ok(stored), "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_told_apart_is_refused() {
        use InvalidUsername as E;
        for (typed, error) in [
            ("", E::Empty),
            ("alice@example.org", E::At),
            ("alice＠example.org", E::At),
            ("al ice", E::Character(' ')),
            ("al\u{200b}ice", E::Character('\u{200b}')),
            ("al\u{fe0f}ice", E::Character('\u{fe0f}')),
            ("al\u{202e}ice", E::Character('\u{202e}')),
            ("al\u{0}ice", E::Character('\0')),
            ("ﬁona", E::Character('ﬁ')),
            ("henry\u{2163}", E::Character('\u{2173}')),
            ("♚", E::Character('♚')),
            ("aliceאב", E::Direction),
            ("אalice", E::Direction),
            ("٣", E::Direction),
            ("ا٣۳", E::Direction),
        ] {
            assert_eq!(form(typed), Err(error), "{typed:?}");
        }
        assert_eq!(form(&"a".repeat(65)), Err(E::TooLong));
        assert!(form(&"ä".repeat(64)).is_ok());
        assert_eq!(form(&"a\u{301}".repeat(65)), Err(E::TooLong));
    }

    proptest! {
        #[test]
        fn a_stored_name_is_its_own_form(text in any::<String>()) {
            if let Ok(name) = form(&text) {
                prop_assert_eq!(form(&name), Ok(name));
            }
        }

        #[test]
        fn letters_of_any_script_keep_their_form(text in "[\\p{L}\\p{M}\\p{Nd}]{1,16}") {
            if let Ok(name) = form(&text) {
                prop_assert_eq!(form(&name), Ok(name));
            }
        }
    }
}
