//! What an operation answers with. Each describes itself for the OpenAPI document.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::value::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;
use utoipa::ToSchema;

use super::input::{After, Paging};
use super::openapi::Description;

/// What an operation answers with.
pub(super) trait Answer: IntoResponse {
    fn describe(description: &mut Description);
}

/// Done, and nothing to say.
pub(super) struct Done;

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl Answer for Done {
    fn describe(description: &mut Description) {
        description.answer(204, "Done", None);
    }
}

impl<T: Serialize + ToSchema> Answer for Json<T> {
    fn describe(description: &mut Description) {
        let schema = description.refer::<T>();
        description.answer(200, "As it is now", Some(schema));
    }
}

/// Something new.
pub(super) struct Created<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, Json(self.0)).into_response()
    }
}

impl<T: Serialize + ToSchema> Answer for Created<T> {
    fn describe(description: &mut Description) {
        let schema = description.refer::<T>();
        description.answer(201, "Created", Some(schema));
    }
}

/// Noted; what follows from it comes later.
pub(super) struct Accepted<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(self.0)).into_response()
    }
}

impl<T: Serialize + ToSchema> Answer for Accepted<T> {
    fn describe(description: &mut Description) {
        let schema = description.refer::<T>();
        description.answer(202, "Accepted", Some(schema));
    }
}

/// A part of a list.
#[derive(Serialize)]
pub(super) struct Page<T> {
    items: Vec<T>,
    /// Where the next page begins; none after the last.
    next: Option<String>,
}

impl<T> Page<T> {
    /// A page of rows that were read with one more than asked, each with its sort key.
    pub(super) fn new(paging: &Paging, mut rows: Vec<(String, T)>) -> Self {
        let more = rows.len() > paging.limit.items();
        rows.truncate(paging.limit.items());
        let next = rows.last().filter(|_| more);
        Self {
            next: next.map(|(key, _)| After::encode(key)),
            items: rows.into_iter().map(|(_, item)| item).collect(),
        }
    }

    /// A page of a list that is known as a whole, in any order.
    pub(super) fn of(paging: &Paging, all: impl IntoIterator<Item = (String, T)>) -> Self {
        let after = paging.after.key();
        let mut rows: Vec<_> = all.into_iter().filter(|(key, _)| &**key > after).collect();
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self::new(paging, rows)
    }

    /// All of a short list.
    pub(super) fn whole(items: impl IntoIterator<Item = T>) -> Self {
        Self {
            items: items.into_iter().collect(),
            next: None,
        }
    }
}

impl<T: Serialize> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

impl<T: Serialize + ToSchema> Answer for Page<T> {
    fn describe(description: &mut Description) {
        let items = description.refer::<T>();
        let schema = json!({
            "type": "object",
            "required": ["items", "next"],
            "properties": {
                "items": {"type": "array", "items": items},
                "next": {
                    "type": ["string", "null"],
                    "description": "Give it as `after` to read on; null on the last page.",
                },
            },
        });
        description.answer(200, "A page", Some(schema));
    }
}

/// A moment, as RFC 3339 says it, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub(super) struct Time(pub(super) Timestamp);

impl Time {
    pub(super) fn from_micros(micros: i64) -> Self {
        Self(Timestamp::from_micros(micros))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // What lies beyond the calendar is "never".
        let time = jiff::Timestamp::from_microsecond(self.0.micros());
        serializer.collect_str(&format_args!("{:.3}", time.unwrap_or(jiff::Timestamp::MAX)))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time: jiff::Timestamp = text
            .parse()
            .map_err(|_| D::Error::custom("expected a time such as 2026-11-22T09:00:00Z"))?;
        Ok(Self::from_micros(time.as_microsecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paging(after: &str, limit: &str) -> Paging {
        serde_json::from_value(json!({"after": After::encode(after), "limit": limit})).unwrap()
    }

    #[test]
    fn pages_follow_one_another_without_gap() {
        let all = || ["c", "a", "b"].map(|key| (key.to_owned(), key));
        let first = Page::of(&paging("", "2"), all());
        assert_eq!(first.items, ["a", "b"]);
        assert_eq!(first.next, Some(After::encode("b")));
        let last = Page::of(&paging("b", "2"), all());
        assert_eq!(last.items, ["c"]);
        assert_eq!(last.next, None);
    }

    #[test]
    fn times_are_rfc_3339() {
        let time: Time = serde_json::from_value(json!("2026-11-22T10:00:00.5+01:00")).unwrap();
        assert_eq!(
            serde_json::to_value(time).unwrap(),
            "2026-11-22T09:00:00.500Z"
        );
        assert!(serde_json::from_value::<Time>(json!("2026-11-22")).is_err());
    }
}
