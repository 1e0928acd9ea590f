//! The log against a model in memory: a group of batches is the same as its batches one by one.

use std::collections::BTreeMap;

use eventlog::{
    AppendError, Appended, Batch, Claim, Class, Event, Log, NewEvent, Rows, Statement, Value,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::{Database, append, event, insert, rename};

/// What is done to the log.
#[derive(Debug, Clone)]
enum Step {
    /// At once. Expectations are relative to the versions before the step.
    Group(Vec<Draft>),
    /// One batch of rows only.
    Rows(Vec<Row>),
    Forget(u8),
    RemoveActivity(u8),
    Reopen,
}

#[derive(Debug, Clone)]
struct Draft {
    expect: Vec<(u8, bool)>,
    claims: Vec<Name>,
    events: Vec<(u8, bool, Vec<u8>)>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
enum Name {
    Take(u8, u8),
    Release(u8),
    ReleaseHeldBy(u8),
}

#[derive(Debug, Clone)]
enum Row {
    Insert(i64),
    Rename(i64, bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = prop_oneof![
        3 => (0..4_u8, 0..3_u8).prop_map(|(key, holder)| Name::Take(key, holder)),
        1 => (0..4_u8).prop_map(Name::Release),
        1 => (0..3_u8).prop_map(Name::ReleaseHeldBy),
    ];
    let row = prop_oneof![
        (0..12_i64).prop_map(Row::Insert),
        (0..12_i64, any::<bool>()).prop_map(|(id, exactly)| Row::Rename(id, exactly)),
    ];
    let draft = (
        vec((0..4_u8, prop::bool::weighted(0.9)), 0..3),
        vec(name, 0..3),
        vec((0..4_u8, any::<bool>(), vec(0..3_u8, 0..2)), 1..4),
        vec(row.clone(), 0..3),
    )
        .prop_map(|(expect, claims, events, rows)| Draft {
            expect,
            claims,
            events,
            rows,
        });
    let step = prop_oneof![
        6 => vec(draft, 1..8).prop_map(Step::Group),
        2 => vec(row, 1..3).prop_map(Step::Rows),
        1 => (0..3_u8).prop_map(Step::Forget),
        1 => (0..4_u8).prop_map(Step::RemoveActivity),
        1 => Just(Step::Reopen),
    ];
    vec(step, 1..12)
}

fn subject(number: u8) -> String {
    format!("subject/{number}")
}

fn person(number: u8) -> String {
    format!("person/{number}")
}

impl Draft {
    fn batch(&self, versions: &BTreeMap<String, i64>) -> Batch {
        let expect = |(number, is_right): &(u8, bool)| {
            let version = versions.get(&subject(*number)).copied().unwrap_or(0);
            (
                subject(*number),
                if *is_right { version } else { version + 7 },
            )
        };
        Batch {
            expect: self.expect.iter().map(expect).collect(),
            claims: self.claims.iter().map(Name::claim).collect(),
            events: self.events.iter().map(new_event).collect(),
            rows: self.rows.iter().map(Row::statement).collect(),
            ..Batch::default()
        }
    }
}

fn new_event((about, is_record, people): &(u8, bool, Vec<u8>)) -> NewEvent {
    NewEvent {
        class: if *is_record {
            Class::Record
        } else {
            Class::Activity
        },
        personal: people
            .iter()
            .map(|number| (person(*number), vec![*number]))
            .collect(),
        ..event(&subject(*about))
    }
}

impl Name {
    fn claim(&self) -> Claim {
        let (kind, key) = ("name", |key: &u8| format!("key/{key}"));
        match self {
            Self::Take(k, holder) => Claim::Take {
                kind,
                key: key(k),
                holder: subject(*holder),
            },
            Self::Release(k) => Claim::Release { kind, key: key(k) },
            Self::ReleaseHeldBy(holder) => Claim::ReleaseHeldBy {
                holder: subject(*holder),
            },
        }
    }
}

impl Row {
    fn statement(&self) -> Statement {
        match self {
            Self::Insert(id) => insert(*id),
            Self::Rename(id, false) => rename(*id, "renamed"),
            Self::Rename(id, true) => rename(*id, "renamed").exactly(1),
        }
    }
}

/// Position, subject, version, class, and what is said of whom.
type Told = (i64, String, i64, Class, BTreeMap<String, Vec<u8>>);

/// What the log is supposed to hold.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    head: i64,
    events: Vec<Told>,
    versions: BTreeMap<String, i64>,
    claims: BTreeMap<String, String>,
    things: BTreeMap<i64, (bool, i64)>,
}

impl Model {
    /// The batch on its own; nothing of it if it is refused.
    fn append(&mut self, batch: &Batch) -> Result<Appended, AppendError> {
        let mut next = self.clone();
        let answer = next.try_append(batch)?;
        *self = next;
        Ok(answer)
    }

    fn try_append(&mut self, batch: &Batch) -> Result<Appended, AppendError> {
        for (subject, version) in &batch.expect {
            if self.versions.get(subject).copied().unwrap_or(0) != *version {
                return Err(AppendError::Conflict {
                    subject: subject.clone(),
                });
            }
        }
        batch
            .claims
            .iter()
            .try_for_each(|claim| self.claim(claim))?;
        let first = if batch.events.is_empty() {
            self.head
        } else {
            self.head + 1
        };
        for event in &batch.events {
            self.head += 1;
            let version = self.versions.entry(event.subject.clone()).or_default();
            *version += 1;
            let personal = event.personal.iter().cloned().collect();
            self.events.push((
                self.head,
                event.subject.clone(),
                *version,
                event.class,
                personal,
            ));
        }
        for (statement, row) in batch.rows.iter().enumerate() {
            self.row(row, statement, first)?;
        }
        Ok(Appended {
            first,
            head: self.head,
        })
    }

    fn claim(&mut self, claim: &Claim) -> Result<(), AppendError> {
        match claim {
            Claim::Take { kind, key, holder } => {
                if let Some(found) = self.claims.get(key) {
                    let (kind, key) = ((*kind).to_owned(), key.clone());
                    return Err(AppendError::Taken {
                        kind,
                        key,
                        holder: found.clone(),
                    });
                }
                self.claims.insert(key.clone(), holder.clone());
            }
            Claim::Release { key, .. } => drop(self.claims.remove(key)),
            Claim::ReleaseHeldBy { holder } => self.claims.retain(|_, found| found != holder),
        }
        Ok(())
    }

    fn row(&mut self, row: &Statement, statement: usize, seq: i64) -> Result<(), AppendError> {
        let Value::Int(id) = row.args[0] else {
            panic!("{row:?}")
        };
        if row.args[1] == Value::Seq {
            return match self.things.insert(id, (false, seq)) {
                Some(_) => Err(AppendError::Refused(String::new())),
                None => Ok(()),
            };
        }
        match self.things.get_mut(&id) {
            Some((is_renamed, _)) => *is_renamed = true,
            None if row.rows == Rows::Exactly(1) => {
                return Err(AppendError::RowsChanged { statement });
            }
            None => {}
        }
        Ok(())
    }

    fn remove_activity(&mut self, subject: &str) -> u64 {
        let before = self.events.len();
        self.events
            .retain(|event| event.1 != subject || event.3 == Class::Record);
        if self.events.iter().all(|event| event.1 != subject) {
            self.versions.remove(subject);
        }
        (before - self.events.len()) as u64
    }

    fn forget(&mut self, person: &str) {
        self.events
            .iter_mut()
            .for_each(|event| drop(event.4.remove(person)));
    }
}

/// What the log does hold.
async fn state(log: &Log) -> Model {
    let page = log.after(0, usize::MAX).await.unwrap();
    let head = log.head().await.unwrap();
    assert_eq!(
        (page.next, page.removed),
        (head, head - i64::try_from(page.events.len()).unwrap())
    );
    let one = |event: Event| {
        let personal = event
            .personal
            .into_iter()
            .map(|personal| (personal.person, personal.data));
        (
            event.seq,
            event.subject,
            event.version,
            event.class,
            personal.collect(),
        )
    };
    let texts = "SELECT key, holder FROM claims";
    let claims = log.read(texts, &[]).await.unwrap();
    let versions = log
        .read("SELECT subject, version FROM subjects", &[])
        .await
        .unwrap();
    let things = log
        .read("SELECT id, name, seq FROM things", &[])
        .await
        .unwrap();
    let text = |row: &eventlog::Row, column| row.text(column).unwrap().to_owned();
    let int = |row: &eventlog::Row, column| row.int(column).unwrap();
    let name = |row: &eventlog::Row| row.opt_text(1).unwrap().is_some();
    Model {
        head,
        events: page.events.into_iter().map(one).collect(),
        versions: versions
            .iter()
            .map(|row| (text(row, 0), int(row, 1)))
            .collect(),
        claims: claims
            .iter()
            .map(|row| (text(row, 0), text(row, 1)))
            .collect(),
        things: things
            .iter()
            .map(|row| (int(row, 0), (name(row), int(row, 2))))
            .collect(),
    }
}

/// What the database says of a refusal is its own business.
fn without_words(answer: Result<Appended, AppendError>) -> Result<Appended, AppendError> {
    answer.map_err(|error| match error {
        AppendError::Refused(_) => AppendError::Refused(String::new()),
        other => other,
    })
}

async fn follow(database: &Database, steps: Vec<Step>) {
    let (mut log, mut model) = (database.open().await, Model::default());
    for step in steps {
        match step {
            Step::Group(drafts) => {
                let batches: Vec<_> = drafts
                    .iter()
                    .map(|draft| draft.batch(&model.versions))
                    .collect();
                let answers = batches.iter().cloned().map(|batch| append(&log, batch));
                let answers = futures_util::future::join_all(answers).await;
                for (batch, answer) in batches.iter().zip(answers) {
                    assert_eq!(without_words(answer), model.append(batch), "{batch:?}");
                }
            }
            Step::Rows(rows) => {
                let batch = Batch::rows(rows.iter().map(Row::statement).collect::<Vec<_>>());
                let answer = append(&log, batch.clone()).await;
                assert_eq!(without_words(answer), model.append(&batch), "{batch:?}");
            }
            Step::Forget(number) => {
                let forget = Batch::rows([Log::forget(&person(number))]);
                append(&log, forget).await.unwrap();
                model.forget(&person(number));
            }
            Step::RemoveActivity(number) => {
                let removed = log.remove_activity(&subject(number)).await;
                assert_eq!(removed, Ok(model.remove_activity(&subject(number))));
            }
            Step::Reopen => {
                drop(log);
                log = database.open().await;
            }
        }
        assert_eq!(state(&log).await, model);
    }
}

fn check(cases: u32, database: impl Fn() -> Database) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let run = |steps| {
        runtime.block_on(follow(&database(), steps));
        Ok(())
    };
    TestRunner::new(config).run(&steps(), run).unwrap();
}

#[test]
fn the_log_is_its_model_on_sqlite() {
    check(64, Database::sqlite);
}

#[test]
fn the_log_is_its_model_on_postgres() {
    if pg_harness::shared().is_some() {
        check(16, || Database::postgres().unwrap());
    }
}
