//! Follows the log and queues tokens for the streams that hear of what happened.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::cause::Cause;
use domain::stream::StreamStatus;
use domain::value::{Timestamp, UserId};
use eventlog::{Batch, DbError, Event};
use serde::Deserialize;
use shared_signals::{InvalidSubject, SecurityEventToken};
use uuid::Uuid;

use super::hearing::Hearing;
use super::meaning::{self, Happened, Meaning, Told, Whom};
use super::subject::{Named, subject};
use super::{claims, set, table};
use crate::app::App;
use crate::command::streams;
use crate::consumers::{Consumer, pass_over};
use crate::delivery::queue::{self, NewDelivery};
use crate::read;
use crate::snapshot::{Snapshot, StreamEntry};
use crate::verify;

/// The consumer.
pub struct Signals;

/// How many tokens are queued in one commit.
const PART: usize = 256;

impl Consumer for Signals {
    const NAME: &'static str = "signals";

    async fn digest(&self, app: &App, events: &[Event]) -> Result<Batch, DbError> {
        // A stream that began before these events must be known here, on whichever node it was made.
        app.snapshot.confirm().await?;
        let snapshot = app.snapshot.latest();
        if snapshot.streams.is_empty() {
            return Ok(Batch::default());
        }
        let mut digest = Digest::new(app, &snapshot);
        for event in events.iter().filter(|event| table::concerns(&event.kind)) {
            if let Err(error) = digest.take(event).await {
                pass_over(Self::NAME, event.seq, error)?;
            }
        }
        digest.finish().await
    }
}

/// What all tokens of one event have in common.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) position: i64,
    pub(super) event: Uuid,
    /// The same on all tokens of one cause.
    pub(super) txn: String,
    pub(super) time: Timestamp,
    pub(super) cause: Cause,
}

/// One page of the log on its way into the queues.
pub(super) struct Digest<'a> {
    pub(super) app: &'a App,
    pub(super) snapshot: &'a Snapshot,
    pub(super) now: Timestamp,
    by_event: HashMap<&'static str, Vec<&'a StreamEntry>>,
    people: HashMap<UserId, Hearing>,
    /// Whose claims changed, which, and by what: changes in one page are told as one.
    changed: BTreeMap<Whom, (Vec<&'static str>, Vec<Origin>)>,
    outbox: Vec<NewDelivery>,
}

#[derive(Deserialize)]
struct Caused {
    cause: Cause,
}

impl<'a> Digest<'a> {
    fn new(app: &'a App, snapshot: &'a Snapshot) -> Self {
        let mut by_event: HashMap<_, Vec<_>> = HashMap::new();
        let live = |entry: &&StreamEntry| entry.stream.status != StreamStatus::Disabled;
        for entry in snapshot.streams.values().filter(live) {
            for uri in table::delivered(&entry.stream.settings.events_requested) {
                by_event.entry(uri).or_default().push(entry);
            }
        }
        Self {
            app,
            snapshot,
            now: app.now(),
            by_event,
            people: HashMap::new(),
            changed: BTreeMap::new(),
            outbox: Vec::new(),
        }
    }

    async fn take(&mut self, event: &Event) -> Result<(), DbError> {
        let change = verify::change(event)?;
        let Caused { cause } = serde_json::from_slice(&event.data)
            .map_err(|error| read::unreadable("events", error))?;
        let origin = Origin {
            position: event.seq,
            event: event.id,
            // What was done in one breath without a request has one time.
            txn: cause
                .request
                .clone()
                .unwrap_or_else(|| format!("t{}", event.time)),
            time: Timestamp::from_micros(event.time),
            cause,
        };
        let happened = Happened {
            event: &change.event,
            personal: change.personal.as_ref().map(|(_, personal)| personal),
            cause: &origin.cause,
            time: origin.time,
        };
        for (ordinal, meaning) in (0..).zip(meaning::of(happened)) {
            match meaning {
                Meaning::Told(told) => self.tell(&told, &origin, ordinal).await?,
                Meaning::Claims { whom, names } => {
                    let (all, origins) = self.changed.entry(whom).or_default();
                    all.extend(names);
                    origins.push(origin.clone());
                }
                Meaning::StreamUpdated {
                    stream,
                    status,
                    reason,
                } => {
                    if let Some(entry) = self.snapshot.streams.get(&stream) {
                        let issuer = &self.app.config.issuer;
                        let jti = set::jti(stream, origin.event, None, "stream-updated", ordinal);
                        let token = set::stream_updated(
                            issuer,
                            &entry.stream,
                            jti,
                            self.now,
                            status,
                            reason,
                        );
                        self.queue(entry, token, None, &origin, ordinal, true)
                            .await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Tells every stream that asked for it and hears of the person.
    async fn tell(&mut self, told: &Told, origin: &Origin, ordinal: i64) -> Result<(), DbError> {
        let Some(streams) = self.by_event.get(told.event.uri()) else {
            return Ok(());
        };
        for entry in streams.clone() {
            if told.expiry && !entry.stream.settings.session_expiry {
                continue;
            }
            self.tell_one(entry, told, origin, ordinal).await?;
        }
        Ok(())
    }

    /// Tells one stream, if it hears of the person.
    pub(super) async fn tell_one(
        &mut self,
        entry: &'a StreamEntry,
        told: &Told,
        origin: &Origin,
        ordinal: i64,
    ) -> Result<(), DbError> {
        let (snapshot, app) = (self.snapshot, self.app);
        let person = self.person(told.user).await?;
        if !person.is_by(snapshot, entry) {
            return Ok(());
        }
        let named = Named {
            issuer: &app.config.issuer,
            user: told.user,
            verified_email: person.verified_email(),
        };
        let event = told.event.clone();
        let jti = set::jti(
            entry.stream.id,
            origin.event,
            Some(told.user),
            event.uri(),
            ordinal,
        );
        let token = subject(entry, &named, &told.about, &app.secrets).map(|subject| {
            set::token(
                &app.config.issuer,
                &entry.stream,
                jti,
                self.now,
                subject,
                event,
            )
        });
        self.queue(entry, token, Some(told.user), origin, ordinal, false)
            .await
    }

    /// What decides who hears of a person; read once a page.
    pub(super) async fn person(&mut self, user: UserId) -> Result<&Hearing, DbError> {
        if !self.people.contains_key(&user) {
            let hearing = Hearing::of(&self.app.log, self.snapshot, user, self.now).await?;
            self.people.insert(user, hearing);
        }
        Ok(&self.people[&user])
    }

    /// The streams that are told of an event type.
    pub(super) fn streams_for(&self, uri: &str) -> Vec<&'a StreamEntry> {
        self.by_event.get(uri).cloned().unwrap_or_default()
    }

    async fn queue(
        &mut self,
        entry: &StreamEntry,
        token: Result<SecurityEventToken, InvalidSubject>,
        user: Option<UserId>,
        origin: &Origin,
        ordinal: i64,
        control: bool,
    ) -> Result<(), DbError> {
        let token = match token {
            _ if origin.position <= entry.since => return Ok(()),
            Ok(token) => SecurityEventToken {
                txn: Some(origin.txn.clone()),
                ..token
            },
            // Such as an address that is none for RFC 9493: there is no way to say it.
            Err(error) => {
                let (stream, position) = (entry.stream.id, origin.position);
                tracing::warn!(%stream, position, %error, "an event has no subject that can be told");
                return Ok(());
            }
        };
        self.outbox.push(NewDelivery {
            target: streams::target(entry.stream.id),
            position: origin.position,
            ordinal,
            user,
            kind: token.event.uri().to_owned(),
            control,
            body: read::json(&token),
            created: self.now,
            id: token.jti,
        });
        if self.outbox.len() >= PART {
            self.write_part().await?;
        }
        Ok(())
    }

    /// Queues what has come together. Done again, it changes nothing: a token's name is its own.
    async fn write_part(&mut self) -> Result<(), DbError> {
        let batch = queued(&std::mem::take(&mut self.outbox));
        let written = self.app.log.append(batch).await;
        written
            .map(drop)
            .map_err(|error| DbError::Unavailable(error.to_string()))
    }

    /// Forgets who was looked at, so that a large group does not stay in memory.
    pub(super) fn forget_people(&mut self) {
        self.people.clear();
    }

    /// What remains to be written, together with the cursor.
    async fn finish(mut self) -> Result<Batch, DbError> {
        for (whom, (names, origins)) in std::mem::take(&mut self.changed) {
            let names: BTreeSet<_> = names.into_iter().collect();
            let told = claims::tell(&mut self, whom, &names, &origins).await;
            if let (Err(error), Some(first)) = (told, origins.first()) {
                pass_over(Signals::NAME, first.position, error)?;
            }
        }
        Ok(queued(&self.outbox))
    }
}

fn queued(deliveries: &[NewDelivery]) -> Batch {
    Batch {
        rows: queue::enqueue(deliveries),
        wake: queue::topics(deliveries.iter().map(|delivery| delivery.target.as_str())),
        ..Batch::default()
    }
}
