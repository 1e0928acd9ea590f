//! Turns the steps of a plan into changes, by the decisions of the domain and in an order in which each
//! finds what it needs: what is removed makes room first, what another gets is given up before, what is
//! named exists before it is named.

mod apis;
mod clients;
mod groups;
mod streams;
mod users;

use domain::event::Change;
use domain::refusal::Refusal;
use domain::stream::Delivery;
use domain::value::{ClientId, EndpointUrl, StreamId, Timestamp, UserId};
use eventlog::Statement;
use serde_json::{Map, Value};
use shared_signals::stream::AuthorizationHeader;
use uuid::Uuid;

use super::document::{Field, Kind, Object};
use super::file::File;
use super::merge::{Action, Step};
use super::problem::Problem;
use super::running::Running;

/// What a decision takes from outside of the realm.
pub(super) trait Outside {
    /// A new id.
    fn new_id(&self) -> Uuid;
    /// Says why nothing would be sent there, where that is so.
    fn check_endpoint(&self, url: &EndpointUrl) -> Result<(), String>;
    /// Says why nothing could be sent in this way, where that is so.
    fn check_delivery(&self, delivery: &Delivery) -> Result<(), String>;
    /// The `Authorization` header of a stream, as it is kept.
    fn seal(&self, stream: StreamId, header: &AuthorizationHeader) -> Vec<u8>;
}

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
    /// Topics that the commit fires.
    pub(super) wake: Vec<String>,
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
    outside: &dyn Outside,
    now: Timestamp,
) -> Result<Decided, Vec<Problem>> {
    let mut work = Work {
        file,
        now,
        outside,
        problems: Vec::new(),
        decided: Decided {
            after: running,
            ..Decided::default()
        },
    };
    let phases: [(Kind, Phase); 13] = [
        (Kind::User, users::remove),
        (Kind::Client, clients::remove),
        (Kind::Stream, streams::remove),
        (Kind::Api, apis::remove),
        (Kind::User, users::make_room),
        (Kind::Api, apis::make_room),
        (Kind::Group, groups::create),
        (Kind::User, users::set),
        (Kind::Group, groups::leave),
        (Kind::Group, groups::join),
        (Kind::Client, clients::set),
        (Kind::Api, apis::set),
        (Kind::Stream, streams::set),
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
    outside: &'a dyn Outside,
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
