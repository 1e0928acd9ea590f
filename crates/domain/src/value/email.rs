//! E-mail addresses as people have them: a practical subset of RFC 5321 §4.1.2 and RFC 6531.
//!
//! One `@`, no quoted local parts, no address literals; the domain in its ASCII (IDNA) form. The
//! address is stored as typed apart from the domain; [`Email::key`] is what uniqueness compares.

use super::name::is_deceptive;
use super::text::text_value;
use alloc::{format, string::String};

const MAX_LOCAL_BYTES: usize = 64;
const MAX_BYTES: usize = 254;

text_value!(
    /// An e-mail address with its domain in lowercase ASCII.
    Email, InvalidEmail
);

/// Why a text is no e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    /// Not `local@domain` with exactly one `@`.
    #[error("an e-mail address has the form name@example.org, with one \"@\"")]
    Form,
    /// A space, a character that is not seen, a bracket or quote before the `@`, or misplaced dots.
    #[error("the part before \"@\" may not have spaces, quotes, brackets or misplaced dots")]
    Local,
    /// Not a host name, in ASCII or internationalised.
    #[error("the part after \"@\" is not a domain name")]
    Domain,
    /// Local part over 64 bytes or the whole over 254.
    #[error(
        "an e-mail address has at most {MAX_BYTES} bytes, {MAX_LOCAL_BYTES} of them before \"@\""
    )]
    TooLong,
}

impl Email {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        if text.len() > MAX_BYTES {
            return Err(InvalidEmail::TooLong);
        }
        let (local, domain) = text.split_once('@').ok_or(InvalidEmail::Form)?;
        if local.is_empty() || domain.is_empty() || domain.contains('@') {
            return Err(InvalidEmail::Form);
        }
        if local.len() > MAX_LOCAL_BYTES {
            return Err(InvalidEmail::TooLong);
        }
        let unsafe_character =
            |c: char| c.is_whitespace() || is_deceptive(c) || "\"(),:;<>[\\]".contains(c);
        if local.contains(unsafe_character)
            || local.starts_with('.')
            || local.ends_with('.')
            || local.contains("..")
        {
            return Err(InvalidEmail::Local);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| InvalidEmail::Domain)?;
        let address = format!("{local}@{domain}");
        if address.len() > MAX_BYTES {
            return Err(InvalidEmail::TooLong);
        }
        Ok(Self(address.into()))
    }

    /// What two addresses are compared by: all in lowercase. Mail systems may distinguish case
    /// before the `@`; none that people use does.
    pub fn key(&self) -> String {
        self.as_str().to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_domain_is_stored_in_ascii_and_the_rest_as_typed() {
        for (typed, stored) in [
            ("Alice.B+tag@Example.ORG", "Alice.B+tag@example.org"),
            ("o'brien@bücher.example", "o'brien@xn--bcher-kva.example"),
            ("иван@почта.example", "иван@xn--80a1acny.example"),
            ("root@localhost", "root@localhost"),
        ] {
            assert_eq!(Email::parse(typed).unwrap().as_str(), stored);
        }
        assert_eq!(
            Email::parse("Alice@Example.org").unwrap().key(),
            Email::parse("alice@EXAMPLE.org").unwrap().key()
        );
    }

    #[test]
    fn what_is_not_an_address_is_refused_by_name() {
        use InvalidEmail as E;
        for (typed, error) in [
            ("alice", E::Form),
            ("@example.org", E::Form),
            ("alice@", E::Form),
            ("a@b@example.org", E::Form),
            ("al ice@example.org", E::Local),
            ("\"alice\"@example.org", E::Local),
            ("al\u{202e}ice@example.org", E::Local),
            (".alice@example.org", E::Local),
            ("a..b@example.org", E::Local),
            ("alice\r\n@example.org", E::Local),
            ("alice@exa mple.org", E::Domain),
            ("alice@[192.0.2.1]", E::Domain),
            ("alice@-example.org", E::Domain),
            ("alice@example..org", E::Domain),
            ("alice@example.org\n", E::Domain),
        ] {
            assert_eq!(Email::parse(typed), Err(error), "{typed:?}");
        }
        assert_eq!(
            Email::parse(&format!("{}@example.org", "a".repeat(65))),
            Err(E::TooLong)
        );
    }

    proptest! {
        #[test]
        fn a_stored_address_is_its_own_form(local in "[\\pL0-9.+_-]{1,20}", domain in "[\\pL0-9.-]{1,30}") {
            if let Ok(email) = Email::parse(&format!("{local}@{domain}")) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email));
            }
        }
    }
}
