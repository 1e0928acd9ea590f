//! What the values of identifiers must be (RFC 9493 §3.2), by the name of the check.

use std::net::IpAddr;

use super::{Identifier, InvalidSubject};

type Checked<T> = Result<T, InvalidSubject>;

macro_rules! filled {
    ($($check:ident: $member:literal,)+) => {$(
        pub(super) fn $check(value: String) -> Checked<String> {
            form(value, $member, "", |_| true)
        }
    )+};
}
filled! {
    iss: "iss", sub: "sub", id: "id", jti: "jti", issuer: "issuer",
    assertion_id: "assertion_id", scim_uri: "uri",
}

pub(super) fn acct(value: String) -> Checked<String> {
    form(value, "uri", "an `acct` URI", |uri| {
        uri.strip_prefix("acct:").is_some_and(is_address)
    })
}

pub(super) fn email(value: String) -> Checked<String> {
    form(value, "email", "an e-mail address", is_address)
}

pub(super) fn phone(value: String) -> Checked<String> {
    form(value, "phone_number", "an E.164 number", |number| {
        // SSF 1.0 §5 writes a number in groups.
        let digits = number
            .strip_prefix('+')
            .map(|groups| groups.replace(' ', ""));
        digits.is_some_and(|digits| {
            (1..=15).contains(&digits.len())
                && !digits.starts_with('0')
                && digits.bytes().all(|digit| digit.is_ascii_digit())
        })
    })
}

pub(super) fn did(value: String) -> Checked<String> {
    form(value, "url", "a DID URL", |url| {
        let mut parts = url.splitn(3, ':');
        is_plain(url)
            && parts.next() == Some("did")
            && parts.next().is_some_and(|method| !method.is_empty())
            && parts.next().is_some_and(|id| !id.is_empty())
    })
}

pub(super) fn uri(value: String) -> Checked<String> {
    form(value, "uri", "an absolute URI", |uri| {
        // The parser is of browsers: it drops spaces and takes other letters.
        is_plain(uri) && url::Url::parse(uri).is_ok()
    })
}

pub(super) fn external_id(value: Option<String>) -> Checked<Option<String>> {
    value
        .map(|value| form(value, "externalId", "", |_| true))
        .transpose()
}

pub(super) fn ip_addresses(addresses: Vec<IpAddr>) -> Checked<Vec<IpAddr>> {
    if addresses.is_empty() {
        return Err(InvalidSubject::Empty("ip-addresses"));
    }
    Ok(addresses)
}

pub(super) fn aliases(identifiers: Vec<Identifier>) -> Checked<Vec<Identifier>> {
    if identifiers.is_empty() {
        return Err(InvalidSubject::Empty("identifiers"));
    }
    if identifiers
        .iter()
        .any(|identifier| matches!(identifier, Identifier::Aliases { .. }))
    {
        return Err(InvalidSubject::NestedAliases);
    }
    Ok(identifiers)
}

fn form(
    value: String,
    member: &'static str,
    form: &'static str,
    holds: impl Fn(&str) -> bool,
) -> Checked<String> {
    if value.is_empty() {
        Err(InvalidSubject::Empty(member))
    } else if holds(&value) {
        Ok(value)
    } else {
        Err(InvalidSubject::Form(member, form))
    }
}

/// Characters that a URI may be of (RFC 3986 §2): visible ones of ASCII.
fn is_plain(uri: &str) -> bool {
    uri.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A local part and a host. What a host takes for a local part is its own affair.
fn is_address(text: &str) -> bool {
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    let parts = text.rsplit_once('@');
    plain && parts.is_some_and(|(local, host)| !local.is_empty() && !host.is_empty())
}

/// The checks again, for reading.
pub(super) mod read {
    use std::net::IpAddr;

    use serde::{Deserialize, Deserializer, de};

    use super::super::Identifier;

    macro_rules! checked {
        ($($check:ident: $value:ty,)+) => {$(
            pub(in crate::subject) fn $check<'de, D: Deserializer<'de>>(source: D) -> Result<$value, D::Error> {
                super::$check(<$value>::deserialize(source)?).map_err(de::Error::custom)
            }
        )+};
    }
    checked! {
        acct: String, email: String, iss: String, sub: String, id: String, phone: String,
        did: String, uri: String, jti: String, issuer: String, assertion_id: String,
        ip_addresses: Vec<IpAddr>, aliases: Vec<Identifier>,
    }
}
