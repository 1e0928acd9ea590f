//! Given a realm, when a file is planned, then these steps: all in memory.

mod errors;
mod laws;
mod plan;
mod yaml;

use std::collections::BTreeMap;

use domain::api::{Api, ApiSettings};
use domain::value::{ResourceUri, Timestamp};
use uuid::Uuid;

use super::decide::Decided;
use super::document::{ADMIN, Document};
use super::merge::Step;
use super::plan::plan;
use super::running::Running;
use super::{File, Plan, Problems, Source};

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

/// A realm that files are applied to.
struct World {
    running: Running,
    last: Document,
    ids: u128,
}

impl World {
    /// With the admin API and nothing else.
    fn new() -> Self {
        let identifier = ResourceUri::parse("https://id.example/api/v1").unwrap();
        let settings: ApiSettings = serde_json::from_value(
            serde_json::json!({ "identifier": identifier, "name": "Admin" }),
        )
        .unwrap();
        let api = Api {
            id: crate::admin_api::ID,
            settings,
            scopes: crate::admin_api::scopes()
                .map(|(scope, words)| (scope, words.into()))
                .collect(),
            ceilings: BTreeMap::new(),
            rules: Vec::new(),
            has_credential: false,
            built_in: true,
        };
        let running = Running {
            apis: BTreeMap::from([(ADMIN.to_owned(), api)]),
            ..Running::default()
        };
        Self {
            running,
            last: Document::default(),
            ids: 0,
        }
    }

    /// With a file applied.
    fn with(text: &str) -> Self {
        let mut world = Self::new();
        world.apply(text);
        world
    }

    fn decide(&mut self, text: &str) -> Result<(Plan, Decided), Problems> {
        let ids = &mut self.ids;
        let mut new_id = || {
            *ids += 1;
            Uuid::from_u128(*ids)
        };
        plan(
            &file(text),
            &self.last,
            self.running.clone(),
            &mut new_id,
            NOW,
        )
    }

    fn plan(&mut self, text: &str) -> Plan {
        self.decide(text)
            .unwrap_or_else(|problems| panic!("{problems}\nin\n{text}"))
            .0
    }

    fn problems(&mut self, text: &str) -> Vec<String> {
        match self.decide(text) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.list.iter().map(ToString::to_string).collect(),
        }
    }

    /// Applies a file by force and answers the plan.
    fn apply(&mut self, text: &str) -> Plan {
        let (plan, decided) = self
            .decide(text)
            .unwrap_or_else(|problems| panic!("{problems}\nin\n{text}"));
        self.running = decided.after;
        // As it is kept and read back.
        self.last = Document::from_json(&file(text).document.to_json()).unwrap();
        plan
    }
}

fn file(text: &str) -> File {
    File::parse("realm.yaml", text, &resolve)
}

/// Every variable is set, except `ABSENT`, `SHORT` and `HASHED`.
fn resolve(source: &Source) -> Result<String, String> {
    match source {
        Source::Env(name) if name == "ABSENT" => Err("the variable ABSENT is not set".to_owned()),
        Source::Env(name) if name == "SHORT" => Ok("short".to_owned()),
        Source::Env(name) if name == "HASHED" => {
            Ok("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA\
            $MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI"
                .to_owned())
        }
        Source::Env(name) => Ok(format!("the value of {name}")),
        Source::File(path) => Ok(format!("what {} holds", path.display())),
    }
}

/// The lines of a plan, without those that count.
fn lines(plan: &Plan) -> Vec<String> {
    let text = plan.text(false).to_string();
    text.lines()
        .take_while(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

fn conflicts(steps: &[Step]) -> usize {
    steps.iter().map(Step::conflicts).sum()
}
