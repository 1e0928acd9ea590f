//! What an operation takes: path, query, body. Each reads itself strictly and describes itself for
//! the OpenAPI document, so that the two cannot differ.

use std::marker::PhantomData;

use axum::body::Body as Stream;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::refusal::Refusal;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::openapi::Description;
use crate::error::{ApiError, Kind};

/// The largest body that is read, in bytes.
const LARGEST: usize = 256 * 1024;

/// A request whose token was found good.
pub(super) struct Incoming {
    pub(super) parts: Parts,
    pub(super) body: Stream,
}

/// What an operation takes.
pub(super) trait Input: Sized + Send + 'static {
    fn describe(description: &mut Description);

    fn read(incoming: &mut Incoming) -> impl Future<Output = Result<Self, ApiError>> + Send;
}

impl Input for () {
    fn describe(_: &mut Description) {}

    async fn read(_: &mut Incoming) -> Result<Self, ApiError> {
        Ok(())
    }
}

impl<A: Input, B: Input> Input for (A, B) {
    fn describe(description: &mut Description) {
        A::describe(description);
        B::describe(description);
    }

    async fn read(incoming: &mut Incoming) -> Result<Self, ApiError> {
        Ok((A::read(incoming).await?, B::read(incoming).await?))
    }
}

/// The parameters in the path. The path itself describes them.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send + 'static> Input for Path<T> {
    fn describe(_: &mut Description) {}

    async fn read(incoming: &mut Incoming) -> Result<Self, ApiError> {
        match axum::extract::Path::from_request_parts(&mut incoming.parts, &()).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            // What cannot be a name is the name of nothing.
            Err(rejection) => Err(ApiError::new(Kind::NotFound, rejection.body_text())),
        }
    }
}

/// The parameters in the query.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned + ToSchema + Send + 'static> Input for Query<T> {
    fn describe(description: &mut Description) {
        description.query::<T>();
    }

    async fn read(incoming: &mut Incoming) -> Result<Self, ApiError> {
        match axum::extract::Query::from_request_parts(&mut incoming.parts, &()).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(ApiError::new(Kind::InvalidRequest, rejection.body_text())),
        }
    }
}

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned + ToSchema + Send + 'static> Input for Body<T> {
    fn describe(description: &mut Description) {
        let schema = description.refer::<T>();
        description.body("application/json", &schema);
    }

    async fn read(incoming: &mut Incoming) -> Result<Self, ApiError> {
        let bytes = json_bytes(incoming, &["application/json"]).await?;
        parse(&bytes).map(Self)
    }
}

/// A JSON merge patch (RFC 7396) of a document of this type.
pub(crate) struct Patch<T> {
    changes: Map<String, Value>,
    document: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> Patch<T> {
    /// The patch with these members.
    pub(crate) fn of(changes: Map<String, Value>) -> Self {
        Self {
            changes,
            document: PhantomData,
        }
    }

    /// The document with the changes made. What a patch makes invalid is refused.
    pub(super) fn apply(&self, document: &T) -> Result<T, Refusal> {
        let invalid = |error: &dyn std::fmt::Display| Refusal::Invalid(error.to_string());
        let mut value = serde_json::to_value(document).map_err(|error| invalid(&error))?;
        merge(&mut value, &self.changes);
        serde_path_to_error::deserialize(value).map_err(|error| invalid(&error))
    }

    /// Whether the patch speaks of this member.
    pub(super) fn names(&self, pointer: &[&str]) -> bool {
        let Some((last, path)) = pointer.split_last() else {
            return false;
        };
        path.iter()
            .try_fold(&self.changes, |object, name| object.get(*name)?.as_object())
            .is_some_and(|object| object.contains_key(*last))
    }
}

impl<T: Serialize + DeserializeOwned + ToSchema + 'static> Input for Patch<T> {
    fn describe(description: &mut Description) {
        let mut schema = description.inline::<T>();
        if let Some(object) = schema.as_object_mut() {
            object.remove("required");
            object.insert(
                "description".into(),
                json!(
                    "JSON merge patch (RFC 7396): members left out stay, null takes a member away."
                ),
            );
        }
        for media_type in PATCHES {
            description.body(media_type, &schema);
        }
    }

    async fn read(incoming: &mut Incoming) -> Result<Self, ApiError> {
        let bytes = json_bytes(incoming, &PATCHES).await?;
        Ok(Self::of(parse(&bytes)?))
    }
}

const PATCHES: [&str; 2] = ["application/merge-patch+json", "application/json"];

/// RFC 7396 §2.
fn merge(target: &mut Value, patch: &Map<String, Value>) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(target) = target.as_object_mut() else {
        return;
    };
    for (name, change) in patch {
        match change {
            Value::Null => {
                target.remove(name);
            }
            Value::Object(change) => merge(target.entry(name).or_insert(Value::Null), change),
            other => {
                target.insert(name.clone(), other.clone());
            }
        }
    }
}

async fn json_bytes(incoming: &mut Incoming, accepted: &[&str]) -> Result<Vec<u8>, ApiError> {
    let content_type = incoming.parts.headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next());
    let media_type = media_type.unwrap_or_default().trim();
    if !accepted
        .iter()
        .any(|name| media_type.eq_ignore_ascii_case(name))
    {
        let detail = format!("send the body as {}", accepted.join(" or "));
        return Err(ApiError::new(Kind::NotJson, detail));
    }
    let stream = std::mem::take(&mut incoming.body);
    match Limited::new(stream, LARGEST).collect().await {
        Ok(collected) => Ok(collected.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => {
            let detail = format!("a body has at most {LARGEST} bytes");
            Err(ApiError::new(Kind::TooLarge, detail))
        }
        Err(_) => Err(ApiError::new(Kind::InvalidRequest, "the body broke off")),
    }
}

/// Reads JSON. An error names the member that is wrong.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let kind = if error.inner().is_data() {
            Kind::InvalidValue
        } else {
            Kind::InvalidRequest
        };
        ApiError::new(kind, error.to_string())
    })?;
    json.end()
        .map_err(|error| ApiError::new(Kind::InvalidRequest, error.to_string()))?;
    Ok(value)
}

/// The parameters of every list.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Paging {
    /// `next` of the page before; left out for the first page.
    #[serde(default)]
    #[schema(value_type = String)]
    pub(super) after: After,
    /// The most items to answer.
    #[serde(default)]
    #[schema(value_type = u16, minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Limit,
}

/// Where a page begins: the sort key that the page before ended with.
#[derive(Default)]
pub(super) struct After(String);

impl After {
    /// The sort key; empty at the beginning.
    pub(super) fn key(&self) -> &str {
        &self.0
    }

    /// A sort key as clients carry it.
    pub(super) fn encode(key: &str) -> String {
        URL_SAFE_NO_PAD.encode(key)
    }
}

impl<'de> Deserialize<'de> for After {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let key = URL_SAFE_NO_PAD.decode(text).ok();
        match key.and_then(|key| String::from_utf8(key).ok()) {
            Some(key) if !key.contains('\0') => Ok(Self(key)),
            _ => Err(D::Error::custom("after: not the next of a page")),
        }
    }
}

/// How many items a page has: 1 to 200.
pub(super) struct Limit(usize);

impl Limit {
    /// One more than asked: whether there is another page.
    pub(super) fn and_one(&self) -> i64 {
        i64::try_from(self.0).unwrap_or_default() + 1
    }

    pub(super) fn items(&self) -> usize {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // In a query every value is text.
        match String::deserialize(deserializer)?.parse() {
            Ok(limit @ 1..=200) => Ok(Self(limit)),
            _ => Err(D::Error::custom("limit: between 1 and 200")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(target: &str, patch: &str) -> String {
        let mut target = serde_json::from_str(target).unwrap();
        merge(&mut target, &serde_json::from_str(patch).unwrap());
        target.to_string()
    }

    #[test]
    fn a_patch_merges_as_rfc_7396_says() {
        for (target, patch, result) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (
                r#"{"a":{"b":"c"}}"#,
                r#"{"a":{"b":"d","c":null}}"#,
                r#"{"a":{"b":"d"}}"#,
            ),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
            (r#"{"a":"foo"}"#, r#"{"a":{"b":1}}"#, r#"{"a":{"b":1}}"#),
        ] {
            assert_eq!(merged(target, patch), result, "{target} + {patch}");
        }
    }

    #[test]
    fn a_patch_knows_what_it_names() {
        let json = r#"{"profile":{"name":null},"email":"a"}"#;
        let patch = Patch::<Value>::of(serde_json::from_str(json).unwrap());
        assert!(patch.names(&["email"]));
        assert!(patch.names(&["profile", "name"]));
        assert!(!patch.names(&["profile", "locale"]));
        assert!(!patch.names(&["email", "name"]));
    }

    #[test]
    fn errors_name_the_member() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Inner {
            _a: u8,
        }
        #[derive(Debug, Deserialize)]
        struct Outer {
            _inner: Vec<Inner>,
        }
        let error = |json: &str| format!("{:?}", parse::<Outer>(json.as_bytes()).unwrap_err());
        assert!(error(r#"{"_inner":[{"_a":1},{"b":2}]}"#).contains("_inner[1].b: unknown field"));
        assert!(error("{").contains("InvalidRequest"));
        assert!(error(r#"{"_inner":[]} 1"#).contains("trailing"));
    }

    #[test]
    fn a_cursor_comes_back() {
        let read = |text: &str| serde_json::from_value::<After>(text.into());
        assert_eq!(read(&After::encode("zoë b")).unwrap().key(), "zoë b");
        assert!(read("not base64!").is_err());
        assert!(read(&After::encode("a\0")).is_err());
    }

    #[test]
    fn a_page_is_bounded() {
        let read = |limit: &str| serde_json::from_value::<Limit>(limit.into());
        assert_eq!(read("200").unwrap().and_one(), 201);
        for limit in ["0", "201", "-1", "", "many"] {
            assert!(read(limit).is_err(), "{limit}");
        }
    }
}
