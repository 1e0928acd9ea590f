//! The standard claims about a person (OpenID Connect Core §5.1), each optional and lightly checked.
//!
//! `sub`, `preferred_username` and `email` are not here: they are the user's id, name and address.

use super::name::{InvalidText, Name, clean, is_deceptive};
use super::text::text_value;
use super::uri::{InvalidUri, Uri};
#[cfg(feature = "openapi")]
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

const MAX_LINES_CHARS: usize = 500;

/// What a person says about themselves; the claims of the scopes `profile`, `phone` and `address`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Full name, as displayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// Given name or names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<Name>,
    /// Surname or surnames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<Name>,
    /// Middle name or names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<Name>,
    /// Casual name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<Name>,
    /// Page about the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<WebUrl>,
    /// Picture of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<WebUrl>,
    /// The person's own site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<WebUrl>,
    /// In the person's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<Name>,
    /// Day or year of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<Birthdate>,
    /// Time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<TimeZone>,
    /// Language and region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// Telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<PhoneNumber>,
    /// Whether the number was proved to be the person's.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub phone_number_verified: bool,
    /// Postal address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// A postal address (OpenID Connect Core §5.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Address {
    /// The whole address, as on a label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<Lines>,
    /// Street, number, flat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<Lines>,
    /// City or town.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<Name>,
    /// State, province or prefecture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Name>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<Name>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Name>,
}

/// Why a text cannot be the value of a claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClaim {
    /// Empty, too long, or with control characters.
    #[error(transparent)]
    Text(#[from] InvalidText),
    /// Not a URI.
    #[error("URL: {0}")]
    Uri(#[from] InvalidUri),
    /// Not `http` or `https`.
    #[error("a URL here begins with https:// or http://")]
    NotWeb,
    /// Not a date.
    #[error("a birthdate is YYYY-MM-DD, 0000-MM-DD without the year, or YYYY")]
    Birthdate,
    /// Not a name from the time zone database.
    #[error("a time zone has the form Europe/Paris")]
    TimeZone,
    /// Not a language tag.
    #[error("a locale is a language tag such as en-US")]
    Locale,
    /// Not an international number.
    #[error("a phone number is in international form: \"+\" and up to 15 digits")]
    PhoneNumber,
}

text_value!(
    /// A text that may have line breaks: 1 to 500 characters.
    Lines, InvalidClaim
);

text_value!(
    /// An `https` or `http` URL. It is shown and linked, never fetched.
    WebUrl, InvalidClaim
);

text_value!(
    /// A date of ISO 8601: `1990-12-31`, `0000-12-31` where the year is withheld, or `1990`.
    Birthdate, InvalidClaim
);

text_value!(
    /// A name in the form of the time zone database, such as `Europe/Paris`.
    TimeZone, InvalidClaim
);

text_value!(
    /// A language tag (RFC 5646 §2.1) in its form only, such as `en-US`.
    Locale, InvalidClaim
);

text_value!(
    /// A telephone number in E.164 form, such as `+4930123456`.
    PhoneNumber, InvalidClaim
);

impl Lines {
    /// Reads a text of one or more lines.
    pub fn parse(text: &str) -> Result<Self, InvalidClaim> {
        let is_refused = |c| is_deceptive(c) && !matches!(c, '\n' | '\r');
        Ok(Self(clean(text, MAX_LINES_CHARS, is_refused)?))
    }
}

impl WebUrl {
    /// Reads a URL.
    pub fn parse(text: &str) -> Result<Self, InvalidClaim> {
        let uri = Uri::split(text)?;
        if matches!(uri.scheme, "https" | "http") && uri.authority.is_some() {
            Ok(Self(text.into()))
        } else {
            Err(InvalidClaim::NotWeb)
        }
    }
}

impl Birthdate {
    /// Reads a date, or a year alone.
    pub fn parse(text: &str) -> Result<Self, InvalidClaim> {
        let number = |range: core::ops::Range<usize>| -> Option<u32> {
            let digits = text.get(range)?;
            let all_digits = digits.bytes().all(|b| b.is_ascii_digit());
            all_digits.then(|| digits.parse().ok())?
        };
        let valid = match text.len() {
            4 => number(0..4).is_some_and(|year| year > 0),
            10 => match (number(0..4), number(5..7), number(8..10)) {
                (Some(year), Some(month), Some(day)) => {
                    text.as_bytes()[4] == b'-'
                        && text.as_bytes()[7] == b'-'
                        && (1..=days_in(year, month)).contains(&day)
                }
                _ => false,
            },
            _ => false,
        };
        if valid {
            Ok(Self(text.into()))
        } else {
            Err(InvalidClaim::Birthdate)
        }
    }
}

/// Days of a month; none in a month that does not exist. Year 0, which means "withheld", is a leap
/// year, so that 29 February can be said without the year.
fn days_in(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

impl TimeZone {
    /// Reads a name; whether the zone exists depends on the reader's time zone database.
    pub fn parse(text: &str) -> Result<Self, InvalidClaim> {
        let is_part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"_+-".contains(&b))
        };
        if text.len() <= 64 && text.split('/').all(is_part) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidClaim::TimeZone)
        }
    }
}

impl Locale {
    /// Reads a tag; `en_US` is read as `en-US`, as OpenID Connect Core §5.1 advises.
    pub fn parse(text: &str) -> Result<Self, InvalidClaim> {
        let tag = text.replace('_', "-");
        let mut subtags = tag.split('-');
        let is_language = |language: &str| {
            (2..=8).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic())
        };
        let is_subtag = |subtag: &str| {
            (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if tag.len() <= 35 && subtags.next().is_some_and(is_language) && subtags.all(is_subtag) {
            Ok(Self(tag.as_str().into()))
        } else {
            Err(InvalidClaim::Locale)
        }
    }
}

impl PhoneNumber {
    /// Reads an international number; spaces, dots, hyphens and parentheses are dropped.
    pub fn parse(text: &str) -> Result<Self, InvalidClaim> {
        let number = text.replace([' ', '.', '-', '(', ')'], "");
        let digits = number.strip_prefix('+').unwrap_or_default();
        if (3..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0')
        {
            Ok(Self(number.as_str().into()))
        } else {
            Err(InvalidClaim::PhoneNumber)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_reads_back_and_absent_claims_stay_absent() {
        let json = r#"{"name":"Zoë","birthdate":"0000-02-29","locale":"en-US","phone_number":"+4930123456","phone_number_verified":true,"address":{"formatted":"1 Road\nTown","country":"NO"}}"#;
        let profile: Profile = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&profile).unwrap(), json);
        assert_eq!(serde_json::to_string(&Profile::default()).unwrap(), "{}");
        assert!(serde_json::from_str::<Profile>(r#"{"nick":"Zo"}"#).is_err());
    }

    #[test]
    fn dates_exist() {
        for text in ["1990-12-31", "2000-02-29", "0000-02-29", "1990"] {
            assert!(Birthdate::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "1900-02-29",
            "1990-13-01",
            "1990-00-01",
            "1990-04-31",
            "1990-1-1",
            "1990/12/31",
            "31-12-1990",
            "0000",
            "+990",
            "1990-12-3é",
        ] {
            assert!(Birthdate::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn zones_locales_and_numbers_have_their_form() {
        assert!(TimeZone::parse("America/Argentina/Buenos_Aires").is_ok());
        assert!(TimeZone::parse("Etc/GMT+5").is_ok());
        assert!(TimeZone::parse("../etc/passwd").is_err());
        assert!(TimeZone::parse("Europe/").is_err());

        assert_eq!(Locale::parse("en_US").unwrap().as_str(), "en-US");
        assert!(Locale::parse("zh-Hant-TW").is_ok());
        assert!(Locale::parse("english language").is_err());

        let number = PhoneNumber::parse("+49 (30) 123-456").unwrap();
        assert_eq!(number.as_str(), "+4930123456");
        assert!(PhoneNumber::parse("030 123456").is_err());
        assert!(PhoneNumber::parse("+0301234").is_err());
        assert!(PhoneNumber::parse("+1234567890123456").is_err());
    }

    #[test]
    fn urls_are_of_the_web() {
        assert!(WebUrl::parse("https://example.org/me.png?s=80").is_ok());
        assert_eq!(
            WebUrl::parse("javascript:alert(1)"),
            Err(InvalidClaim::NotWeb)
        );
        assert!(WebUrl::parse("https://").is_err());
    }
}
