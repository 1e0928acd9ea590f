//! One event as others read it: a CloudEvent (CloudEvents 1.0 §3).

use domain::value::{Issuer, Timestamp};
use eventlog::{DbError, Event};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::admin::answer::Time;
use crate::read;

/// An event: a CloudEvent in structured form.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventItem {
    #[schema(example = "1.0")]
    specversion: &'static str,
    /// Unique, and the same wherever the event is told.
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// The issuer.
    source: String,
    /// What happened; docs/events.md lists them.
    #[schema(example = "group.member_added")]
    r#type: String,
    /// What it happened to.
    #[schema(example = "group/019a0c4e-7c1a-7000-8000-000000000001")]
    subject: String,
    time: Time,
    /// The position in the log, 18 digits.
    #[schema(example = "000000000000004711")]
    sequence: String,
    #[schema(example = "application/json")]
    datacontenttype: &'static str,
    /// The event's fields, the `version` of its subject, its `cause`, and `personal`: values of the
    /// people it is about by user id, for those who may read users.
    #[schema(value_type = Object)]
    data: Map<String, Value>,
}

impl EventItem {
    /// An event of the log; with personal values where the reader may see them.
    pub(super) fn new(event: Event, source: &Issuer, personal: bool) -> Result<Self, DbError> {
        let unreadable = |error| read::unreadable("events", error);
        let mut data: Map<String, Value> =
            serde_json::from_slice(&event.data).map_err(unreadable)?;
        data.insert("version".into(), event.version.into());
        if personal && !event.personal.is_empty() {
            let mut people = Map::new();
            for person in event.personal {
                let values = serde_json::from_slice(&person.data).map_err(unreadable)?;
                people.insert(person.person, values);
            }
            data.insert("personal".into(), people.into());
        }
        Ok(Self {
            specversion: "1.0",
            id: event.id,
            source: source.to_string(),
            r#type: event.kind,
            subject: event.subject,
            time: Time(Timestamp::from_micros(event.time)),
            sequence: format!("{:018}", event.seq),
            datacontenttype: "application/json",
            data,
        })
    }
}

#[cfg(test)]
mod tests {
    use eventlog::{Class, Personal};
    use serde_json::json;

    use super::*;

    fn item(personal: bool) -> Value {
        let event = Event {
            seq: 4711,
            id: Uuid::from_u128(7),
            kind: "user.created".into(),
            subject: "user/u".into(),
            version: 3,
            time: 1_000_123_456,
            class: Class::Record,
            data: br#"{"user":"u","cause":{"kind":"admin"}}"#.into(),
            personal: vec![Personal {
                person: "u".into(),
                data: br#"{"username":"zoe"}"#.into(),
            }],
        };
        let issuer = Issuer::parse("https://id.example").unwrap();
        serde_json::to_value(EventItem::new(event, &issuer, personal).unwrap()).unwrap()
    }

    #[test]
    fn an_event_is_a_cloud_event() {
        let expected = json!({
            "specversion": "1.0",
            "id": "00000000-0000-0000-0000-000000000007",
            "source": "https://id.example",
            "type": "user.created",
            "subject": "user/u",
            "time": "1970-01-01T00:16:40.123Z",
            "sequence": "000000000000004711",
            "datacontenttype": "application/json",
            "data": {"user": "u", "version": 3, "cause": {"kind": "admin"}},
        });
        assert_eq!(item(false), expected);
    }

    #[test]
    fn personal_values_are_for_those_who_may_see_them() {
        assert_eq!(item(true)["data"]["personal"]["u"]["username"], "zoe");
        assert_eq!(item(false)["data"].get("personal"), None);
    }
}
