//! The decision about a group of batches, in memory: one algorithm for both engines.
//!
//! A driver locks, reads the versions of [`Group::subjects`] and the holders of [`Group::claims`],
//! and hands them over; [`Group::plan`] refuses the losers before anything is written, seeing the
//! effects of earlier batches of the group, and numbers the rest. The driver executes the writes
//! and commits.

use std::collections::HashMap;

use crate::plan::{Origin, Plan};
use crate::value::ValueRef;
use crate::{AppendError, Appended, Batch, Claim, Seq, Version, statements as sql};

type Key<'a> = (&'a str, &'a str);

/// Batches that are to be committed together.
pub(crate) struct Group<'a> {
    batches: Vec<Result<&'a Batch, AppendError>>,
    versions: HashMap<&'a str, Subject>,
    holders: HashMap<Key<'a>, Option<Holder<'a>>>,
}

#[derive(Default)]
struct Subject {
    version: Version,
    moved: bool,
}

#[derive(Clone)]
enum Holder<'a> {
    Stored(String),
    InGroup(&'a str),
}

impl Holder<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Stored(name) => name,
            Self::InGroup(name) => name,
        }
    }
}

impl<'a> Group<'a> {
    /// A group of `batches`, but for those that were refused before.
    pub(crate) fn new(batches: Vec<Result<&'a Batch, AppendError>>) -> Self {
        let mut group = Self {
            batches,
            versions: HashMap::new(),
            holders: HashMap::new(),
        };
        for batch in group.batches.iter().flatten() {
            for (subject, _) in &batch.expect {
                group.versions.entry(subject).or_default();
            }
            for event in &batch.events {
                group.versions.entry(&event.subject).or_default();
            }
            for claim in &batch.claims {
                if let Claim::Take { kind, key, .. } | Claim::Release { kind, key } = claim {
                    group.holders.entry((kind, key)).or_default();
                }
            }
        }
        group
    }

    /// The subjects whose stored version has to be read.
    pub(crate) fn subjects(&self) -> Vec<&'a str> {
        self.versions.keys().copied().collect()
    }

    /// The claims whose stored holder has to be read.
    pub(crate) fn claims(&self) -> Vec<Key<'a>> {
        self.holders.keys().copied().collect()
    }

    pub(crate) fn set_version(&mut self, subject: &'a str, version: Version) {
        self.versions.insert(
            subject,
            Subject {
                version,
                moved: false,
            },
        );
    }

    pub(crate) fn set_holder(&mut self, claim: Key<'a>, holder: String) {
        self.holders.insert(claim, Some(Holder::Stored(holder)));
    }

    /// Decides every batch in order, on a log that ends at `head`.
    pub(crate) fn plan(mut self, head: Seq) -> Plan<'a> {
        let batches = std::mem::take(&mut self.batches);
        let mut plan = Plan::new(batches.len(), head);
        for (index, batch) in batches.into_iter().enumerate() {
            let answer = batch.and_then(|batch| {
                self.check_expectations(batch)?;
                self.take_claims(batch)?;
                Ok(self.write(batch, index, &mut plan))
            });
            plan.answers.push(answer);
        }
        for (subject, Subject { version, .. }) in self.versions.iter().filter(|(_, s)| s.moved) {
            let args = [ValueRef::Text(subject), ValueRef::Int(*version)];
            plan.write(Origin::Log, sql::MOVE_SUBJECT, args);
        }
        if plan.head != head {
            plan.write(Origin::Log, sql::MOVE_HEAD, [ValueRef::Int(plan.head)]);
        }
        plan
    }

    fn check_expectations(&self, batch: &Batch) -> Result<(), AppendError> {
        let moved = |(subject, expected): &&(String, Version)| {
            self.versions
                .get(subject.as_str())
                .is_none_or(|found| found.version != *expected)
        };
        match batch.expect.iter().find(moved) {
            Some((subject, _)) => Err(AppendError::Conflict {
                subject: subject.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Applies the claims of a batch to what is known, or none of them.
    fn take_claims(&mut self, batch: &'a Batch) -> Result<(), AppendError> {
        let mut undo = Vec::new();
        for claim in &batch.claims {
            match claim {
                Claim::Take { kind, key, holder } => {
                    let slot = self.holders.entry((kind, key)).or_default();
                    if let Some(found) = slot {
                        let (kind, key) = ((*kind).to_owned(), key.clone());
                        let taken = AppendError::Taken {
                            kind,
                            key,
                            holder: found.name().to_owned(),
                        };
                        self.holders.extend(undo.into_iter().rev());
                        return Err(taken);
                    }
                    undo.push(((*kind, key.as_str()), slot.replace(Holder::InGroup(holder))));
                }
                Claim::Release { kind, key } => {
                    let slot = self.holders.entry((kind, key)).or_default();
                    undo.push(((*kind, key.as_str()), slot.take()));
                }
                Claim::ReleaseHeldBy { holder } => {
                    for (key, slot) in &mut self.holders {
                        if slot.as_ref().is_some_and(|found| found.name() == holder) {
                            undo.push((*key, slot.take()));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn write(&mut self, batch: &'a Batch, index: usize, plan: &mut Plan<'a>) -> Appended {
        let origin = Origin::Batch(index);
        for claim in &batch.claims {
            match claim {
                Claim::Take { kind, key, holder } => {
                    let args = [
                        ValueRef::Text(kind),
                        ValueRef::Text(key),
                        ValueRef::Text(holder),
                    ];
                    plan.write(origin, sql::TAKE, args);
                }
                Claim::Release { kind, key } => {
                    plan.write(
                        origin,
                        sql::RELEASE,
                        [ValueRef::Text(kind), ValueRef::Text(key)],
                    );
                }
                Claim::ReleaseHeldBy { holder } => {
                    plan.write(origin, sql::RELEASE_HELD_BY, [ValueRef::Text(holder)]);
                }
            }
        }
        let first = if batch.events.is_empty() {
            plan.head
        } else {
            plan.head + 1
        };
        for event in &batch.events {
            plan.head += 1;
            let subject = self.versions.entry(&event.subject).or_default();
            subject.version += 1;
            subject.moved = true;
            let args = [
                ValueRef::Int(plan.head),
                ValueRef::Bytes(event.id.as_bytes()),
                ValueRef::Text(event.kind),
                ValueRef::Text(&event.subject),
                ValueRef::Int(subject.version),
                ValueRef::Int(event.time),
                ValueRef::Int(event.class.number()),
                ValueRef::Bytes(&event.data),
            ];
            plan.write(origin, sql::INSERT_EVENT, args);
            for (person, data) in &event.personal {
                let args = [
                    ValueRef::Int(plan.head),
                    ValueRef::Text(person),
                    ValueRef::Bytes(data),
                ];
                plan.write(origin, sql::INSERT_PERSONAL, args);
            }
        }
        for (statement, row) in batch.rows.iter().enumerate() {
            let is_first = statement == 0 && batch.claims.is_empty() && batch.events.is_empty();
            let origin = Origin::Row {
                batch: index,
                statement,
                is_first,
            };
            plan.conditional(
                origin,
                row.sql,
                row.args.iter().map(|arg| arg.at(first)),
                row.rows,
            );
        }
        Appended {
            first,
            head: plan.head,
        }
    }
}
