//! One target: what waits for it is sent, one thing at a time, in order.
//!
//! A round reads what is due, sends it, and ends with the time of the next one. A thing is sent before its
//! outcome is durable: who dies in between sends it again, under the same name.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eventlog::DbError;

use super::channel::{Channel, Route, Unsendable, Verdict};
use super::engine::Shared;
use super::recorder::{Receipt, Unrecorded};
use super::rows::{self, Fate, Finish, Head, Next, Outcome, PAGE, Place, Waiting};
use super::shards::Hold;
use super::{answer, schedule};
use crate::snapshot::Stale;

/// For how long a page is sent from after it was read: so long a thing that was dropped, or whose person was
/// erased, may still go out.
const FRESH: Duration = Duration::from_secs(1);

/// How many pages a round has at most: then what was set aside has its turn.
const PAGES: usize = 64;

/// After how many seconds a configuration that could not be confirmed is asked for again.
const CONFIRM: i64 = 1;

/// Why a target is not worked on for now.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The queue cannot be read.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The outcomes cannot be written.
    #[error(transparent)]
    Unrecorded(#[from] Unrecorded),
}

/// The way to a target, or why there is none.
enum Way {
    Open(Route),
    Closed,
    Unconfirmed,
}

/// What follows an attempt.
enum Step {
    /// The next thing.
    Next(Receipt),
    /// The round ends; then it goes on like this.
    End(Next),
    /// Another node has taken over: nothing more is sent, and nothing is said about the queue.
    Lost,
}

/// Works on one target.
pub(super) struct Worker {
    pub(super) shared: Arc<Shared>,
    pub(super) channel: Arc<dyn Channel>,
    pub(super) target: String,
    /// Whose the shard is.
    pub(super) hold: Arc<Hold>,
}

impl Worker {
    /// Does all that is due, if anything is.
    pub(super) async fn look(&self) -> Result<(), Stopped> {
        match self.due().await? {
            Some(head) => self.run(head).await,
            None => Ok(()),
        }
    }

    async fn due(&self) -> Result<Option<Head>, DbError> {
        let app = &self.shared.app;
        rows::due_one(&app.log, &self.target, app.now()).await
    }

    /// Does all that is due, in rounds, until nothing is or the shard is lost.
    pub(super) async fn run(&self, mut head: Head) -> Result<(), Stopped> {
        while self.hold.is_live() {
            let Some(next) = self.round(&head).await? else {
                break;
            };
            let finish = Finish {
                target: self.target.clone(),
                woken: head.woken,
                next,
            };
            self.shared.recorder.finish(finish).await?;
            match self.due().await? {
                Some(again) => head = again,
                None => break,
            }
        }
        Ok(())
    }

    /// Sends what is due, and says how to go on; `None` if the shard was lost.
    async fn round(&self, begun: &Head) -> Result<Option<Next>, Stopped> {
        let log = &self.shared.app.log;
        let held = match self.confirmed_way().await? {
            Way::Open(route) => route.hold,
            Way::Closed => return Ok(Some(Next::WhenWoken)),
            Way::Unconfirmed => return Ok(Some(self.unconfirmed())),
        };
        let mut failures = begun.failures;
        let again = rows::aside(log, &self.target, held, self.shared.app.now()).await?;
        let read = Instant::now();
        let mut again = again.into_iter().peekable();
        while let Some(waiting) = again.next_if(|_| read.elapsed() < FRESH) {
            match self
                .step(waiting, again.peek_mut(), held, &mut failures)
                .await?
            {
                Step::Next(_) => {}
                Step::End(next) => return Ok(Some(next)),
                Step::Lost => return Ok(None),
            }
        }
        let mut place = Place::start();
        let mut page_before: Option<Receipt> = None;
        for _ in 0..PAGES {
            let page = rows::new(log, &self.target, held, &place).await?;
            let read = Instant::now();
            let is_last = i64::try_from(page.len()) != Ok(PAGE);
            let (mut page, mut receipt) = (page.into_iter().peekable(), None);
            while let Some(waiting) = page.next_if(|_| read.elapsed() < FRESH) {
                place = Place::of(&waiting.item);
                match self
                    .step(waiting, page.peek_mut(), held, &mut failures)
                    .await?
                {
                    Step::Next(recorded) => receipt = Some(recorded),
                    Step::End(next) => return Ok(Some(next)),
                    Step::Lost => return Ok(None),
                }
            }
            if is_last && page.peek().is_none() {
                break;
            }
            // At most two pages are in memory: the one that is sent, and the one that is written down.
            if let Some(before) = std::mem::replace(&mut page_before, receipt) {
                before.await.map_err(|_| Unrecorded)?;
            }
        }
        Ok(Some(Next::AsItIs { held }))
    }

    /// The way to the target. That it is closed or held is not believed of an old configuration: the wake-up
    /// that opened it may have come first.
    async fn confirmed_way(&self) -> Result<Way, DbError> {
        match self.way() {
            Way::Open(route) if !route.hold => Ok(Way::Open(route)),
            Way::Unconfirmed => Ok(Way::Unconfirmed),
            Way::Open(_) | Way::Closed => {
                self.shared.app.snapshot.confirm().await?;
                Ok(self.way())
            }
        }
    }

    fn way(&self) -> Way {
        match self.channel.route(&self.shared.app, self.id()) {
            Ok(Some(route)) => Way::Open(route),
            Ok(None) => Way::Closed,
            Err(Stale) => Way::Unconfirmed,
        }
    }

    fn id(&self) -> &str {
        super::queue::parts(&self.target).1
    }

    fn unconfirmed(&self) -> Next {
        Next::At(self.shared.app.now().plus(CONFIRM))
    }

    /// Tries one thing, and gets the next one ready meanwhile.
    async fn step(
        &self,
        mut tried: Waiting,
        next: Option<&mut Waiting>,
        held: bool,
        failures: &mut u32,
    ) -> Result<Step, Unrecorded> {
        if !self.hold.is_live() {
            return Ok(Step::Lost);
        }
        let app = &self.shared.app;
        let route = match self.way() {
            Way::Open(route) if route.hold == held => route,
            // Paused or resumed meanwhile: what goes out is something else now.
            Way::Open(_) | Way::Closed => return Ok(Step::End(Next::At(app.now()))),
            Way::Unconfirmed => return Ok(Step::End(self.unconfirmed())),
        };
        let outgoing = match self.channel.request(app, self.id(), &tried.item) {
            Ok(outgoing) => outgoing,
            Err(Unsendable::Item(reason)) => {
                let fate = self.refused(&tried);
                return self.record(tried, fate, reason).await.map(Step::Next);
            }
            Err(Unsendable::Target(reason)) => {
                return self.failed(tried, *failures, None, reason).await;
            }
            Err(Unsendable::Gone) => return Ok(Step::End(self.unconfirmed())),
        };
        tried.item.signed = outgoing.signed;
        let post = app
            .outbound
            .post(&route.endpoint, &route.tls, outgoing.headers, outgoing.body);
        let (posted, ()) = tokio::join!(post, self.sign_ahead(next));
        let answer = match posted {
            Ok(answer) => answer,
            Err(failure) => {
                let reason = failure.to_string();
                return self.failed(tried, *failures, None, reason).await;
            }
        };
        let said = answer::said(&answer);
        let fate = match self.channel.judge(&answer) {
            Verdict::Delivered => Fate::Sent,
            Verdict::Later => self.refused(&tried),
            Verdict::Never => Fate::Dead,
            Verdict::TargetLater => {
                return self
                    .failed(tried, *failures, answer.retry_after, said)
                    .await;
            }
            Verdict::Gone => {
                self.channel.gone(app, self.id()).await;
                return self.failed(tried, *failures, None, said).await;
            }
        };
        if *failures > 0 {
            tracing::info!(to = self.target, failures, "a target answers again");
            *failures = 0;
        }
        self.record(tried, fate, said).await.map(Step::Next)
    }

    /// Gives the next thing its form while another is under way. If it is not sent after all, the form is lost
    /// with the page.
    async fn sign_ahead(&self, next: Option<&mut Waiting>) {
        let Some(Waiting { item, .. }) = next else {
            return;
        };
        // What is under way goes out first.
        tokio::task::yield_now().await;
        if item.signed.is_none() {
            item.signed = self.channel.sign(&self.shared.app, self.id(), item);
        }
    }

    /// What becomes of a thing that was refused once more.
    fn refused(&self, waiting: &Waiting) -> Fate {
        let attempts = waiting.item.attempts.saturating_add(1);
        if attempts >= self.channel.attempts() {
            return Fate::Dead;
        }
        let app = &self.shared.app;
        Fate::Aside(schedule::item(attempts, app.now(), app.rng.as_ref()))
    }

    /// The target as a whole has failed: all wait, and the thing at the head is tried again first. It is given
    /// up when that goes on for as long as its attempts would take by themselves, so that one on which the
    /// other side breaks does not stop the others for ever.
    async fn failed(
        &self,
        tried: Waiting,
        failures: u32,
        retry_after: Option<i64>,
        reason: String,
    ) -> Result<Step, Unrecorded> {
        let app = &self.shared.app;
        let now = app.now();
        if failures == 0 {
            tracing::warn!(
                to = self.target,
                reason,
                "a target fails; what is for it waits"
            );
        }
        let patience = schedule::span(self.channel.attempts());
        let since = tried.tried.unwrap_or(now);
        let fate = if since.plus(patience) < now {
            Fate::Dead
        } else {
            Fate::Stays { aside: tried.aside }
        };
        // The end of the round is written behind it.
        drop(self.record(tried, fate, reason.clone()).await?);
        let failures = failures.saturating_add(1);
        Ok(Step::End(Next::Failed {
            failures,
            until: schedule::target(failures, retry_after, now, app.rng.as_ref()),
            answer: answer::clean(reason),
        }))
    }

    async fn record(
        &self,
        tried: Waiting,
        fate: Fate,
        answer: String,
    ) -> Result<Receipt, Unrecorded> {
        let item = tried.item;
        if fate == Fate::Dead {
            tracing::warn!(
                to = self.target,
                id = item.id,
                answer,
                "a delivery is given up"
            );
        }
        let outcome = Outcome {
            target: self.target.clone(),
            id: item.id,
            fate,
            answer: answer::clean(answer),
            signed: item.signed.filter(|_| fate != Fate::Sent),
            at: self.shared.app.now(),
        };
        self.shared.recorder.outcome(outcome).await
    }
}
