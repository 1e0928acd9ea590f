//! Turns the steps of a plan into changes, by the decisions of the domain and in an order in which each
//! finds what it needs: what is removed makes room first, what another gets is given up before, what is
//! named exists before it is named.

mod apis;
mod clients;
mod groups;
mod users;

use domain::event::Change;
use domain::refusal::Refusal;
use domain::value::{ClientId, Timestamp, UserId};
use eventlog::Statement;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::document::{Field, Kind, Object};
use super::file::File;
use super::merge::{Action, Step};
use super::problem::Problem;
use super::running::Running;

/// What a plan comes to.
#[derive(Debug, Default)]
pub(super) struct Decided {
    /// What happens, after what ends.
    pub(super) changes: Vec<Change>,
    /// Rows of secrets.
    pub(super) rows: Vec<Statement>,
    /// What ends, with all that hangs from it.
    pub(super) endings: Vec<Ending>,
    /// Whose first password is to be hashed and kept.
    pub(super) passwords: Vec<(UserId, String)>,
    /// The realm afterwards.
    pub(super) after: Running,
}

/// What ends together with things that the file does not know: sessions, grants, memberships.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ending {
    /// A user may not sign in any more.
    Disabled(UserId),
    /// A user is deleted.
    User(UserId),
    /// A client is deleted.
    Client(ClientId),
}

/// Decides all steps; says all that is wrong with them.
pub(super) fn decide(
    steps: &[Step],
    file: &File,
    running: Running,
    new_id: &mut dyn FnMut() -> Uuid,
    now: Timestamp,
) -> Result<Decided, Vec<Problem>> {
    let mut work = Work {
        file,
        now,
        new_id,
        problems: Vec::new(),
        decided: Decided {
            changes: Vec::new(),
            rows: Vec::new(),
            endings: Vec::new(),
            passwords: Vec::new(),
            after: running,
        },
    };
    let phases: [(Kind, Phase); 11] = [
        (Kind::User, users::remove),
        (Kind::Client, clients::remove),
        (Kind::Api, apis::remove),
        (Kind::User, users::make_room),
        (Kind::Api, apis::make_room),
        (Kind::Group, groups::create),
        (Kind::User, users::set),
        (Kind::Group, groups::leave),
        (Kind::Group, groups::join),
        (Kind::Client, clients::set),
        (Kind::Api, apis::set),
    ];
    for (kind, phase) in phases {
        for step in steps.iter().filter(|step| step.object.kind == kind) {
            // What the file itself shows to be wrong is told already.
            if !file.is_flawed(&step.object) {
                phase(&mut work, step);
            }
        }
    }
    for step in steps.iter().filter(|step| step.object.kind == Kind::Group) {
        groups::remove(&mut work, step);
    }
    // Their names were needed to take them out of rules.
    let Decided { after, endings, .. } = &mut work.decided;
    after
        .users
        .retain(|_, user| !endings.contains(&Ending::User(user.id)));
    if work.problems.is_empty() {
        Ok(work.decided)
    } else {
        Err(work.problems)
    }
}

/// Decides one part of the steps of a kind.
type Phase = fn(&mut Work<'_>, &Step);

/// The decision so far.
struct Work<'a> {
    file: &'a File,
    now: Timestamp,
    new_id: &'a mut dyn FnMut() -> Uuid,
    problems: Vec<Problem>,
    decided: Decided,
}

impl Work<'_> {
    /// Takes changes in; a refusal is a problem of that object or field. Says whether it was decided.
    fn take(
        &mut self,
        object: &Object,
        field: Option<&Field>,
        decision: Result<Vec<Change>, Refusal>,
    ) -> bool {
        match decision {
            Ok(changes) => {
                self.decided.changes.extend(changes);
                true
            }
            Err(refusal) => {
                self.refuse(object, field, refusal.to_string());
                false
            }
        }
    }

    fn refuse(&mut self, object: &Object, field: Option<&Field>, message: String) {
        self.problems
            .push(self.file.problem(object, field, message));
    }
}

/// The settings among the changes of a step: name and new value.
fn settings(step: &Step) -> impl Iterator<Item = (&str, &Value)> {
    step.fields
        .iter()
        .filter_map(|change| match (&change.field, &change.to) {
            (Field::Setting(name), Some(value)) => Some((name.as_str(), value)),
            _ => None,
        })
}

fn makes(step: &Step) -> bool {
    step.action == Action::Create
}

/// Puts a value into a map of JSON; `null` takes it out.
fn overlay(map: &mut Map<String, Value>, name: &str, value: Value) {
    if value.is_null() {
        map.remove(name);
    } else {
        map.insert(name.to_owned(), value);
    }
}

/// Reads settings back from JSON; what is missing is said in the words of the file.
fn read_back<T: serde::de::DeserializeOwned>(map: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(map)).map_err(|error| {
        let text = error.to_string();
        match text
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split('`').next())
        {
            Some(field) => format!("this needs {field:?}"),
            None => text,
        }
    })
}
