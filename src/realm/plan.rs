//! What applying a file would do: the steps, and the changes that they come to. Pure.

use std::collections::BTreeMap;

use domain::value::Timestamp;

use super::decide::{Decided, Outside, decide};
use super::document::{Document, Field, Kind, Object};
use super::file::File;
use super::merge::{Action, Step, merge};
use super::problem::{Problem, Problems};
use super::reader::nearest;
use super::running::Running;

/// What has to happen so that the realm is as a file says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// What happens to each object; empty where nothing differs.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Whether the realm is as the file says.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// How many decisions of somebody else it would undo: more than none needs force.
    pub fn conflicts(&self) -> usize {
        self.steps.iter().map(Step::conflicts).sum()
    }
}

/// Plans, and checks all of it by the domain's rules.
pub(super) fn plan(
    file: &File,
    last: &Document,
    running: Running,
    outside: &dyn Outside,
    now: Timestamp,
) -> Result<(Plan, Decided), Problems> {
    let steps = merge(&file.document, last, &running.document());
    let mut problems = references(file, &steps, &running);
    match decide(&steps, file, running, outside, now) {
        Ok(decided) => {
            problems.extend(taken(file, &decided.after));
            file.check(problems)?;
            Ok((Plan { steps }, decided))
        }
        Err(refused) => {
            problems.extend(refused);
            file.check(problems)?;
            Ok((Plan { steps }, Decided::default()))
        }
    }
}

/// Everything that the file names must be in it or in the realm, and not about to go.
fn references(file: &File, steps: &[Step], running: &Running) -> Vec<Problem> {
    let goes = |object: &Object| {
        steps
            .iter()
            .any(|step| step.action == Action::Remove && step.object == *object)
    };
    let named = file.document.mentions().filter(|(_, _, mentioned)| {
        !file.document.0.contains_key(mentioned) && (goes(mentioned) || !running.has(mentioned))
    });
    named
        .map(|(object, field, mentioned)| {
            let message = if goes(&mentioned) {
                format!("the {mentioned} is no longer in this file and would be removed")
            } else {
                absent(file, &mentioned)
            };
            file.problem(object, Some(field), message)
        })
        .collect()
}

fn absent(file: &File, object: &Object) -> String {
    let Object { kind, name } = object;
    let candidates = file.document.0.keys().filter(|other| other.kind == *kind);
    let hint = match nearest(name, candidates.map(|other| other.name.as_str())) {
        Some(near) => format!("did you mean {near:?}?"),
        None => match kind {
            Kind::Api => "declare it under apis".to_owned(),
            _ => format!("declare it under {}", kind.section()),
        },
    };
    format!(
        "there is no {} {name:?}, neither in this file nor in the realm: {hint}",
        kind.noun()
    )
}

/// Addresses of users and names of APIs that two would have.
fn taken(file: &File, after: &Running) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut addresses = BTreeMap::new();
    for (name, user) in &after.users {
        let Some(email) = &user.details.email else {
            continue;
        };
        if let Some(other) = addresses.insert(email.key(), name) {
            let object = Object::new(Kind::User, name);
            let message = format!("user {other} has this address, too");
            problems.push(file.problem(&object, Some(&Field::setting("email")), message));
        }
    }
    let mut identifiers = BTreeMap::new();
    for (name, api) in &after.apis {
        let settings = &api.settings;
        for uri in std::iter::once(&settings.identifier).chain(&settings.aliases) {
            if let Some(other) = identifiers.insert(uri.canonical(), name) {
                let object = Object::new(Kind::Api, name);
                let message = format!("API {other} has the name {uri}, too");
                problems.push(file.problem(&object, Some(&Field::setting("aliases")), message));
            }
        }
    }
    problems
}
