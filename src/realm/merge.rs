//! The three-way merge: what the file says, what it said last, and what is.
//!
//! | file | last | running | |
//! | --- | --- | --- | --- |
//! | named | any | the same | nothing |
//! | named | none, or as running | other | is set |
//! | named | other than running | other | was edited since: is set by force |
//! | not named | an entry or object, as running | is there | is removed |
//! | not named | an entry or object, other | is there | was edited since: is removed by force |
//! | not named | a setting, or none | any | stays |

use serde::Serialize;
use serde_json::Value;

use super::document::{Document, Field, Fields, Object};

/// What happens to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is made.
    Create,
    /// Some of its fields change.
    Change,
    /// It is taken away.
    Remove,
}

/// What happens to one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What happens.
    pub action: Action,
    /// To what.
    pub object: Object,
    /// Which fields change, and how.
    pub fields: Vec<FieldChange>,
    /// Whether the object as a whole was made or taken away, or is to be taken away though it was edited,
    /// since it was applied.
    pub edited: bool,
}

/// What happens to one field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The field.
    pub field: Field,
    /// What it is now; `None` where there is nothing.
    pub from: Option<Value>,
    /// What it will be.
    pub to: Option<Value>,
    /// Whether somebody else changed it since it was applied.
    pub edited: bool,
}

impl Step {
    /// How many decisions of somebody else this step would undo.
    pub fn conflicts(&self) -> usize {
        usize::from(self.edited) + self.fields.iter().filter(|change| change.edited).count()
    }
}

/// What has to happen so that the realm is as the file says.
pub(super) fn merge(file: &Document, last: &Document, running: &Document) -> Vec<Step> {
    let mut steps = Vec::new();
    for (object, wanted) in &file.0 {
        let applied = last.0.get(object);
        let Some(present) = running.0.get(object) else {
            let nothing = Fields::new();
            steps.push(Step {
                action: Action::Create,
                object: object.clone(),
                fields: changes(wanted, &nothing, &nothing),
                edited: applied.is_some(),
            });
            continue;
        };
        let fields = changes(wanted, applied.unwrap_or(&Fields::new()), present);
        if !fields.is_empty() {
            let (action, object) = (Action::Change, object.clone());
            steps.push(Step {
                action,
                object,
                fields,
                edited: false,
            });
        }
    }
    for (object, applied) in &last.0 {
        let Some(present) = running.0.get(object) else {
            continue;
        };
        if !file.0.contains_key(object) {
            let edited = applied
                .iter()
                .any(|(field, value)| !same(present.get(field), Some(value)));
            let (action, object) = (Action::Remove, object.clone());
            steps.push(Step {
                action,
                object,
                fields: Vec::new(),
                edited,
            });
        }
    }
    steps
}

/// The fields of one object that have to change.
fn changes(wanted: &Fields, applied: &Fields, present: &Fields) -> Vec<FieldChange> {
    let edited = |field: &Field| {
        applied
            .get(field)
            .is_some_and(|value| !same(Some(value), present.get(field)))
    };
    let set = wanted
        .iter()
        .filter(|(field, value)| !same(Some(value), present.get(field)))
        .map(|(field, value)| FieldChange {
            field: field.clone(),
            from: present.get(field).cloned(),
            to: Some(value.clone()),
            edited: edited(field),
        });
    let gone = applied
        .keys()
        .filter(|field| field.is_entry() && !wanted.contains_key(field));
    let removed = gone.filter_map(|field| {
        Some(FieldChange {
            field: field.clone(),
            from: Some(present.get(field)?.clone()),
            to: None,
            edited: edited(field),
        })
    });
    set.chain(removed).collect()
}

/// Whether both are the same value; `null` is none.
pub(super) fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    a.unwrap_or(&Value::Null) == b.unwrap_or(&Value::Null)
}
