//! Given a realm, when a file is planned, then these steps: all in memory.

mod errors;
mod laws;
mod plan;
mod streams;
mod yaml;

use std::cell::Cell;
use std::collections::BTreeMap;

use domain::api::{Api, ApiSettings};
use domain::stream::Delivery;
use domain::value::{ApiId, EndpointUrl, ResourceUri, Scope, StreamId, Timestamp};
use shared_signals::stream::AuthorizationHeader;
use uuid::Uuid;

use super::decide::{Decided, Outside};
use super::document::{BUILT_IN, Document};
use super::merge::Step;
use super::plan::plan;
use super::running::Running;
use super::{File, Plan, Problems, Source};

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

/// A realm that files are applied to.
struct World {
    running: Running,
    last: Document,
    elsewhere: Elsewhere,
}

/// Ids that count up, and receivers that are reached by https only.
#[derive(Default)]
struct Elsewhere(Cell<u128>);

impl Outside for Elsewhere {
    fn new_id(&self) -> Uuid {
        self.0.set(self.0.get() + 1);
        Uuid::from_u128(self.0.get())
    }

    fn check_endpoint(&self, url: &EndpointUrl) -> Result<(), String> {
        if url.as_str().starts_with("http:") {
            return Err("plain http".to_owned());
        }
        Ok(())
    }

    fn check_delivery(&self, delivery: &Delivery) -> Result<(), String> {
        match delivery {
            Delivery::Push { endpoint_url, .. } => self.check_endpoint(endpoint_url),
            Delivery::Poll => Ok(()),
        }
    }

    fn seal(&self, _: StreamId, header: &AuthorizationHeader) -> Vec<u8> {
        header.expose().bytes().map(|byte| !byte).collect()
    }
}

/// An API that is built in, at this path of the issuer.
fn built_in(id: ApiId, path: &str, scopes: impl Iterator<Item = (Scope, &'static str)>) -> Api {
    let identifier = ResourceUri::parse(&format!("https://id.example{path}")).unwrap();
    let settings: ApiSettings =
        serde_json::from_value(serde_json::json!({ "identifier": identifier, "name": path }))
            .unwrap();
    Api {
        id,
        settings,
        scopes: scopes.map(|(scope, words)| (scope, words.into())).collect(),
        ceilings: BTreeMap::new(),
        rules: Vec::new(),
        has_credential: false,
        built_in: true,
    }
}

impl World {
    /// With what is built in and nothing else.
    fn new() -> Self {
        let apis = [
            built_in(crate::admin_api::ID, "/api/v1", crate::admin_api::scopes()),
            built_in(crate::ssf_api::ID, "/ssf", crate::ssf_api::scopes()),
        ];
        let names = BUILT_IN.map(|(name, _)| name.to_owned());
        let running = Running {
            apis: names.into_iter().zip(apis).collect(),
            ..Running::default()
        };
        Self {
            running,
            last: Document::default(),
            elsewhere: Elsewhere::default(),
        }
    }

    /// With a file applied.
    fn with(text: &str) -> Self {
        let mut world = Self::new();
        world.apply(text);
        world
    }

    fn decide(&mut self, text: &str) -> Result<(Plan, Decided), Problems> {
        plan(
            &file(text),
            &self.last,
            self.running.clone(),
            &self.elsewhere,
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
