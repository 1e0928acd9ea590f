//! The settings of each kind of object and how each is read, by the domain's own types.

use domain::api::ClientPolicy;
use domain::client::{AuthMethod, GrantType};
use domain::stream::{DefaultSubjects, Delivery, StreamStatus, SubjectFormat};
use domain::user::UserKind;
use domain::value::{
    Address, Birthdate, ClientId, Email, EndpointUrl, GroupName, Locale, Name, Origin, Party,
    PhoneNumber, RedirectUri, ResourceUri, SigningAlg, TimeZone, TokenFormat, WebUrl,
};
use serde_json::Value;

use super::document::{CLIENT as OF_CLIENT, GROUPS_CLAIM, Kind};
use super::reader::{
    Cursor, ReadSetting, Reader, each, json, nearest, optional, optional_json, word, words,
};
use crate::command::clients::check_keys;
use crate::ssf::table;

/// The settings of objects of a kind: what they are called in the file, and how they are read.
pub(super) const fn of(kind: Kind) -> &'static [(&'static str, ReadSetting)] {
    match kind {
        Kind::Group => &[],
        Kind::User => USER,
        Kind::Client => CLIENT,
        Kind::Api => API,
        Kind::Stream => STREAM,
    }
}

/// Those of [`domain::client::ClientSettings`].
const CLIENT: &[(&str, ReadSetting)] = &[
    ("name", word::<Name>),
    ("party", word::<Party>),
    ("auth_method", word::<AuthMethod>),
    ("grant_types", words::<GrantType>),
    ("redirect_uris", words::<RedirectUri>),
    ("post_logout_redirect_uris", words::<RedirectUri>),
    ("origins", words::<Origin>),
    ("jwks", jwks),
    ("id_token_alg", word::<SigningAlg>),
    ("require_resource", json::<bool>),
    ("backchannel_logout_uri", optional::<EndpointUrl>),
    ("add_stream", json::<u32>),
    ("enabled", json::<bool>),
];

/// Those of [`domain::api::ApiSettings`]; the identifier is the API's key in the file.
const API: &[(&str, ReadSetting)] = &[
    ("name", word::<Name>),
    ("aliases", words::<ResourceUri>),
    ("token_format", word::<TokenFormat>),
    ("signing_alg", word::<SigningAlg>),
    ("token_lifetime", json::<i64>),
    ("third_party_token_lifetime", json::<i64>),
    (GROUPS_CLAIM, sorted_groups),
    ("client_policy", word::<ClientPolicy>),
    ("advertise", json::<bool>),
    ("enabled", json::<bool>),
];

/// Those of [`domain::personal::Details`], with the standard claims beside the rest.
const USER: &[(&str, ReadSetting)] = &[
    ("kind", word::<UserKind>),
    ("enabled", json::<bool>),
    ("email", optional::<Email>),
    ("email_verified", json::<bool>),
    ("name", optional::<Name>),
    ("given_name", optional::<Name>),
    ("family_name", optional::<Name>),
    ("middle_name", optional::<Name>),
    ("nickname", optional::<Name>),
    ("profile", optional::<WebUrl>),
    ("picture", optional::<WebUrl>),
    ("website", optional::<WebUrl>),
    ("gender", optional::<Name>),
    ("birthdate", optional::<Birthdate>),
    ("zoneinfo", optional::<TimeZone>),
    ("locale", optional::<Locale>),
    ("phone_number", optional::<PhoneNumber>),
    ("phone_number_verified", json::<bool>),
    ("address", optional_json::<Address>),
];

/// Those of [`domain::stream::StreamSettings`], with its client and its status; the name is the stream's
/// key in the file.
const STREAM: &[(&str, ReadSetting)] = &[
    (OF_CLIENT, word::<ClientId>),
    ("description", description),
    ("audience", words::<String>),
    ("events_requested", events),
    ("delivery", json::<Delivery>),
    ("format", word::<SubjectFormat>),
    ("default_subjects", word::<DefaultSubjects>),
    ("signing_alg", word::<SigningAlg>),
    ("session_expiry", json::<bool>),
    ("min_verification_interval", json::<u32>),
    ("inactivity_timeout", json::<u32>),
    ("most_pending", json::<u32>),
    ("oldest_pending", json::<u32>),
    ("status", word::<StreamStatus>),
];

/// A text, where an empty one is none.
fn description(reader: &mut Reader<'_>, cursor: &Cursor<'_>) -> Option<Value> {
    let text = optional::<String>(reader, cursor)?;
    Some(if text == "" { Value::Null } else { text })
}

/// URIs of events. Those that this server sends have a short name, too.
fn events(reader: &mut Reader<'_>, cursor: &Cursor<'_>) -> Option<Value> {
    each(reader, cursor, event)
}

fn event(reader: &mut Reader<'_>, cursor: &Cursor<'_>) -> Option<Value> {
    reader.parse(cursor, |text| {
        if text.contains(':') {
            return Ok(text.into());
        }
        let uri = table::supported().find(|uri| short(uri) == text);
        uri.map(Value::from).ok_or_else(|| {
            let hint = match nearest(text, table::supported().map(short)) {
                Some(near) => format!("did you mean {near:?}?"),
                None => "name it by its URI".to_owned(),
            };
            format!("there is no such event: {hint}")
        })
    })
}

/// The last part of the URI of an event.
fn short(uri: &str) -> &str {
    uri.rsplit('/').next().unwrap_or(uri)
}

/// Names of groups in the order in which they are compared.
fn sorted_groups(reader: &mut Reader<'_>, cursor: &Cursor<'_>) -> Option<Value> {
    let mut list = words::<GroupName>(reader, cursor)?;
    if let Value::Array(names) = &mut list {
        names.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    }
    Some(list)
}

/// A JWK set (RFC 7517 §5) with at least one key that signatures can be checked by.
fn jwks(reader: &mut Reader<'_>, cursor: &Cursor<'_>) -> Option<Value> {
    if cursor.node.is_null() {
        return Some(Value::Null);
    }
    let set = cursor.node.to_json();
    match check_keys(&set) {
        Ok(()) => Some(set),
        Err(reason) => {
            reader.wrong(cursor, reason);
            None
        }
    }
}
