//! The OpenAPI 3.1 document, made from the operations. `docs/openapi.json` is the same text.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::operation::{Needs, Operation};
use crate::admin_api;
use crate::error::Kind;

/// What an operation takes and answers.
#[derive(Default)]
pub(super) struct Description {
    parameters: Vec<Value>,
    body: Map<String, Value>,
    answer: Map<String, Value>,
    schemas: BTreeMap<String, Value>,
}

impl Description {
    /// The members of a type as parameters in the query.
    pub(super) fn query<T: ToSchema>(&mut self) {
        let mut referred = Vec::new();
        T::schemas(&mut referred);
        let schema = value(&T::schema());
        let parts = match &schema["allOf"] {
            Value::Array(parts) => parts.clone(),
            _ => vec![schema],
        };
        for part in parts {
            // Parameters of all lists are a part of their own, by reference.
            let shared = part["$ref"].as_str().and_then(|reference| {
                let shared = referred.iter().find(|(name, _)| reference.ends_with(name));
                shared.map(|(_, schema)| value(schema))
            });
            self.parameters
                .extend(query_parameters(&shared.unwrap_or(part)));
        }
        self.keep(referred.into_iter().filter(|(name, _)| name != "Paging"));
    }

    fn keep(&mut self, referred: impl IntoIterator<Item = (String, RefOr<Schema>)>) {
        for (name, schema) in referred {
            self.schemas.insert(name, value(&schema));
        }
    }

    /// A body of one media type.
    pub(super) fn body(&mut self, media_type: &str, schema: &Value) {
        self.body
            .insert(media_type.into(), json!({"schema": schema}));
    }

    /// The answer when all went well.
    pub(super) fn answer(&mut self, status: u16, words: &str, schema: Option<Value>) {
        let mut answer = json!({"description": words});
        if let Some(schema) = schema {
            answer["content"] = json!({"application/json": {"schema": schema}});
        }
        self.answer.insert(status.to_string(), answer);
    }

    /// A type's schema, with what it refers to kept among the components.
    pub(super) fn inline<T: ToSchema>(&mut self) -> Value {
        let mut referred = Vec::new();
        T::schemas(&mut referred);
        self.keep(referred);
        value(&T::schema())
    }

    /// A reference to a type's schema among the components.
    pub(super) fn refer<T: ToSchema>(&mut self) -> Value {
        let schema = self.inline::<T>();
        self.schemas.insert(T::name().into(), schema);
        json!({"$ref": format!("#/components/schemas/{}", T::name())})
    }
}

fn value(described: &impl serde::Serialize) -> Value {
    let mut value = serde_json::to_value(described).unwrap_or_default();
    open(&mut value);
    value
}

/// Leaves the list of members open, since a closed schema cannot be a part of another, and drops
/// defaults that say nothing.
fn open(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.get("additionalProperties") == Some(&Value::Bool(false)) {
                object.remove("additionalProperties");
            }
            if object.get("default") == Some(&Value::Null) {
                object.remove("default");
            }
            object.values_mut().for_each(open);
        }
        Value::Array(array) => array.iter_mut().for_each(open),
        _ => {}
    }
}

/// The whole document.
pub fn document(operations: &[Operation]) -> Value {
    let mut paths = BTreeMap::<&str, Map<String, Value>>::new();
    let mut schemas = BTreeMap::new();
    for operation in operations {
        let methods = paths.entry(operation.path).or_default();
        methods.insert(operation.method.to_lowercase(), describe(operation));
        schemas.extend(operation.description.schemas.clone());
    }
    schemas.insert("Problem".to_owned(), problem());
    let scopes: Map<String, Value> = admin_api::SCOPES
        .iter()
        .map(|(scope, words)| ((*scope).to_owned(), (*words).into()))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Chancery admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Everything about a realm: users, groups, sessions, APIs, clients, grants \
                            and the log. Tokens come from the realm's own token endpoint, with this \
                            API's address as `resource`.",
        },
        "servers": [{"url": admin_api::PATH}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "openIdConnect",
                    "openIdConnectUrl": "/.well-known/openid-configuration",
                    "description": "An access token of this realm for this API.",
                },
            },
        },
        "x-scopes": scopes,
    })
}

fn describe(operation: &Operation) -> Value {
    let Description {
        parameters,
        body,
        answer,
        ..
    } = &operation.description;
    let noun = operation.path.split('/').nth(1).unwrap_or_default();
    let mut parameters = parameters.clone();
    parameters.splice(0..0, path_parameters(operation.path));
    let mut answers = answer.clone();
    answers.insert(
        "default".into(),
        json!({
            "description": "What went wrong (RFC 9457)",
            "content": {"application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
            }},
        }),
    );
    let scopes = operation.needs.scopes();
    let words = match operation.needs {
        Needs::One(scope) => format!("Needs the scope `{scope}`."),
        Needs::OneOf(_) => format!("Needs one of the scopes `{}`.", scopes.join("`, `")),
    };
    let security: Vec<_> = scopes
        .iter()
        .map(|scope| json!({"token": [scope]}))
        .collect();
    let mut described = json!({
        "operationId": operation.id,
        "tags": [noun],
        "summary": operation.summary,
        "description": words,
        "security": security,
        "responses": answers,
    });
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if !body.is_empty() {
        described["requestBody"] = json!({"required": true, "content": body});
    }
    described
}

fn path_parameters(path: &str) -> impl Iterator<Item = Value> {
    let names = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| {
        let schema = match name {
            "client" | "scope" | "subject" | "holder" | "delivery" => json!({"type": "string"}),
            _ => json!({"type": "string", "format": "uuid"}),
        };
        json!({"name": name, "in": "path", "required": true, "schema": schema})
    })
}

fn query_parameters(schema: &Value) -> impl Iterator<Item = Value> {
    let members = schema["properties"].as_object().cloned();
    members.into_iter().flatten().map(|(name, mut schema)| {
        // A parameter is not null, it is left out.
        if let Some(Value::Array(choices)) = schema.get_mut("oneOf") {
            choices.retain(|choice| choice["type"] != "null");
            schema = choices.pop().unwrap_or_default();
        } else if schema["type"].is_array() {
            schema["type"] = schema["type"][0].take();
        }
        let words = schema
            .as_object_mut()
            .and_then(|object| object.remove("description"));
        json!({"name": name, "in": "query", "description": words, "schema": schema})
    })
}

fn problem() -> Value {
    let types: Vec<String> = Kind::ALL
        .iter()
        .map(|kind| format!("{}/problems#{}", admin_api::PATH, kind.name()))
        .collect();
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference", "enum": types},
            "title": {"type": "string", "description": "The kind of problem, in words."},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What went wrong this time."},
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::admin::operations;

    #[test]
    fn the_committed_document_is_this_one() {
        let document = document(&operations());
        let text = format!("{document:#}\n");
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(file, &text).unwrap();
        }
        let committed = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            committed == text,
            "docs/openapi.json differs: UPDATE_DOCS=1 cargo test the_committed_document"
        );
    }

    #[test]
    fn every_scope_is_of_use_and_no_other_is_asked() {
        let operations = operations();
        let asked: BTreeSet<_> = operations
            .iter()
            .flat_map(|operation| operation.needs.scopes().iter().copied())
            .collect();
        let known = admin_api::SCOPES.iter().map(|(scope, _)| *scope).collect();
        assert_eq!(asked, known);
    }

    #[test]
    fn names_are_unique_and_references_lead_somewhere() {
        let operations = operations();
        let ids: BTreeSet<_> = operations.iter().map(|operation| operation.id).collect();
        assert_eq!(ids.len(), operations.len());
        let document = document(&operations);
        let mut references = Vec::new();
        collect(&document, &mut references);
        assert!(references.len() > operations.len());
        for reference in references {
            let pointer = reference.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    fn collect(value: &Value, references: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(reference)) = object.get("$ref") {
                    references.push(reference.clone());
                }
                object.values().for_each(|value| collect(value, references));
            }
            Value::Array(array) => array.iter().for_each(|value| collect(value, references)),
            _ => {}
        }
    }
}
