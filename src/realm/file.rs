//! A realm file, read whole: what it declares, where each thing is written, and all that is wrong with it.

use std::collections::BTreeMap;

use domain::value::Password;
use shared_signals::stream::AuthorizationHeader;

use super::declare::Declaring;
use super::document::{Document, Field, Fields, Object};
use super::problem::{Place, Problem, Problems};
use super::reader::{Cursor, Reader};
use super::secret::Resolver;
use super::yaml;

/// What a realm file says.
#[derive(Debug)]
pub struct File {
    pub(super) name: String,
    pub(super) document: Document,
    /// First passwords, by username.
    pub(super) passwords: BTreeMap<String, FirstPassword>,
    /// `Authorization` headers of pushes, by the name of the stream.
    pub(super) headers: BTreeMap<String, AuthorizationHeader>,
    pub(super) places: BTreeMap<(Object, Option<Field>), (Place, String)>,
    problems: Vec<Problem>,
}

/// The password of a user who has none yet.
#[derive(Debug, Clone)]
pub(super) struct FirstPassword {
    pub(super) value: NewPassword,
    /// Whether they must choose another at the first sign-in.
    pub(super) must_change: bool,
}

/// A password as the file names it.
#[derive(Debug, Clone)]
pub(super) enum NewPassword {
    /// To be hashed.
    Plain(Password),
    /// Hashed already, in PHC form.
    Hash(String),
}

impl File {
    /// Reads a file called `name`. What is wrong with it is told by the plan, together with what
    /// only the running realm can show.
    pub fn parse(name: &str, text: &str, resolver: &dyn Resolver) -> Self {
        let mut file = Self {
            name: name.to_owned(),
            document: Document::default(),
            passwords: BTreeMap::new(),
            headers: BTreeMap::new(),
            places: BTreeMap::new(),
            problems: Vec::new(),
        };
        // These are always there: a file without them takes nothing but its own entries away.
        let built_in = Object::built_in().map(|object| (object, Fields::new()));
        file.document.0.extend(built_in);
        let mut problems = Vec::new();
        match yaml::parse(text, &mut problems) {
            Err(problem) => problems.push(problem),
            Ok(root) => {
                let reader = Reader { problems, resolver };
                let mut declaring = Declaring {
                    reader,
                    file: &mut file,
                };
                declaring.sections(&Cursor::root(&root));
                problems = declaring.reader.problems;
            }
        }
        file.problems = problems;
        file
    }

    /// Points at an object or a field of it; at the object where the field is not in the file.
    pub(super) fn problem(
        &self,
        object: &Object,
        field: Option<&Field>,
        message: String,
    ) -> Problem {
        let key = |field: Option<&Field>| (object.clone(), field.cloned());
        let found = self
            .places
            .get(&key(field))
            .or_else(|| self.places.get(&key(None)));
        match found {
            Some((at, path)) => Problem {
                at: *at,
                path: path.clone(),
                message,
            },
            None => Problem {
                at: Place { line: 1, column: 1 },
                path: String::new(),
                message: format!("{object}: {message}"),
            },
        }
    }

    /// Whether something is wrong with the object already.
    pub(super) fn is_flawed(&self, object: &Object) -> bool {
        let Some((_, path)) = self.places.get(&(object.clone(), None)) else {
            return false;
        };
        let within = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
        self.problems
            .iter()
            .any(|problem| problem.path.strip_prefix(path).is_some_and(within))
    }

    /// What the file shows to be wrong by itself.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Everything that is wrong, with `more`.
    pub(super) fn check(&self, more: Vec<Problem>) -> Result<(), Problems> {
        let mut list: Vec<Problem> = self.problems.iter().cloned().chain(more).collect();
        list.sort();
        list.dedup();
        if list.is_empty() {
            Ok(())
        } else {
            Err(Problems {
                file: self.name.clone(),
                list,
            })
        }
    }
}
