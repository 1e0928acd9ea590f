//! A plan for people and for machines. Secrets are in neither.

use std::fmt::{self, Write as _};

use domain::api::{Holder, SubjectKind};
use serde_json::{Value, json};

use super::document::{Allowed, Field};
use super::merge::{Action, FieldChange, Step};
use super::plan::Plan;

/// A plan as lines of text, with or without the colours of a terminal.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    plan: &'a Plan,
    colours: bool,
}

impl Plan {
    /// For people.
    pub fn text(&self, colours: bool) -> Text<'_> {
        Text {
            plan: self,
            colours,
        }
    }

    /// For machines.
    pub fn to_json(&self) -> Value {
        let steps: Vec<Value> = self.steps.iter().map(step_json).collect();
        json!({ "differs": !self.is_empty(), "conflicts": self.conflicts(), "steps": steps })
    }
}

const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const RED: &str = "\x1b[31m";

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.plan.is_empty() {
            return f.write_str("The realm is as the file says.\n");
        }
        for step in &self.plan.steps {
            let (sign, colour) = match step.action {
                Action::Create => ('+', GREEN),
                Action::Change => ('~', YELLOW),
                Action::Remove => ('-', RED),
            };
            self.line(f, 0, sign, colour, &step.object.to_string(), step.edited)?;
            for change in &step.fields {
                let (sign, colour) = match (&change.from, &change.to) {
                    (None, _) => ('+', GREEN),
                    (Some(_), Some(_)) => ('~', YELLOW),
                    (Some(_), None) => ('-', RED),
                };
                self.line(f, 1, sign, colour, &described(change), change.edited)?;
            }
        }
        let count = |action| {
            self.plan
                .steps
                .iter()
                .filter(|step| step.action == action)
                .count()
        };
        let (create, change, remove) = (
            count(Action::Create),
            count(Action::Change),
            count(Action::Remove),
        );
        writeln!(
            f,
            "\n{create} to create, {change} to change, {remove} to remove."
        )?;
        match self.plan.conflicts() {
            0 => Ok(()),
            n => writeln!(
                f,
                "{n} marked with \"!\": edited by somebody since this was applied. \
                 Take the edit over into the file, or apply with --force to undo it."
            ),
        }
    }
}

impl Text<'_> {
    fn line(
        &self,
        f: &mut fmt::Formatter<'_>,
        depth: usize,
        sign: char,
        colour: &str,
        text: &str,
        edited: bool,
    ) -> fmt::Result {
        let (on, off) = if self.colours {
            (colour, "\x1b[0m")
        } else {
            ("", "")
        };
        let mark = if edited { " !" } else { "" };
        writeln!(
            f,
            "{:indent$}{on}{sign} {text}{mark}{off}",
            "",
            indent = depth * 4
        )
    }
}

/// A field and how it changes.
fn described(change: &FieldChange) -> String {
    let mut text = label(&change.field);
    if change.field.is_secret() {
        return text;
    }
    let shown = |value: &Value| {
        if value.is_null() {
            "none".to_owned()
        } else {
            value.to_string()
        }
    };
    let _ = match (&change.from, &change.to) {
        // Being there is all that some entries have to say.
        (_, Some(Value::Bool(true))) if change.field.is_entry() => Ok(()),
        (Some(from), Some(to)) => write!(text, ": {} -> {}", shown(from), shown(to)),
        (None, Some(to)) => write!(text, ": {}", shown(to)),
        (_, None) => Ok(()),
    };
    text
}

/// What a field is called.
fn label(field: &Field) -> String {
    match field {
        Field::Setting(name) => name.clone(),
        Field::Attribute(name) => format!("attribute {name}"),
        Field::Child(name) => format!("group {name}"),
        Field::Member(name) => format!("member {name}"),
        Field::Secret(_) => "secret".to_owned(),
        Field::Scope(scope) => format!("scope {scope}"),
        Field::Ceiling(holder, subject) => {
            let holder = match holder {
                Holder::Client(id) => format!("client {id}"),
                Holder::FirstParty => "first-party clients".to_owned(),
                Holder::ThirdParty => "third-party clients".to_owned(),
                Holder::All => "all clients".to_owned(),
            };
            let subject = match subject {
                SubjectKind::User => "for users",
                SubjectKind::Client => "for itself",
            };
            format!("ceiling of {holder} {subject}")
        }
        Field::Rule(scope, allowed) => {
            let scope = scope.as_ref().map_or("*", |scope| scope.as_str());
            match allowed {
                Allowed::Group(name) => format!("rule: {scope} for group {name}"),
                Allowed::User(name) => format!("rule: {scope} for user {name}"),
            }
        }
    }
}

fn step_json(step: &Step) -> Value {
    let fields: Vec<Value> = step
        .fields
        .iter()
        .map(|change| {
            let value = |value: &Option<Value>| match value {
                Some(_) if change.field.is_secret() => json!("(secret)"),
                Some(value) => value.clone(),
                None => Value::Null,
            };
            json!({
                "field": label(&change.field),
                "from": value(&change.from),
                "to": value(&change.to),
                "edited": change.edited,
            })
        })
        .collect();
    json!({
        "action": step.action,
        "kind": step.object.kind,
        "name": step.object.name,
        "edited": step.edited,
        "fields": fields,
    })
}
