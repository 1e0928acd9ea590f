//! A channel: one kind of thing that is delivered, such as security event tokens or logout tokens.
//!
//! The engine knows queues, time and failures; the channel knows where a target is, how a message is made
//! of what lies in the queue, and what an answer means.

use std::fmt::Display;
use std::pin::Pin;

use reqwest::header::HeaderMap;

use crate::app::App;
use crate::outbound::{Answer, Endpoint, Tls};
use crate::snapshot::Stale;

/// One kind of thing that is delivered.
pub trait Channel: Send + Sync {
    /// The first part of the names of its targets: `<name>/<id>`.
    fn name(&self) -> &'static str;

    /// The way to a target, asked before each message. `None` if nothing can be sent to it now: it is looked
    /// at again when it is woken, or when something comes for it.
    fn route(&self, app: &App, id: &str) -> Result<Option<Route>, Stale>;

    /// The form of a thing whose turn is next, where making it takes long: it is made while another is under
    /// way, and handed to [`Channel::request`] with the thing. None if it is made there.
    fn sign(&self, _app: &App, _id: &str, _item: &Item) -> Option<Signed> {
        None
    }

    /// The message that a thing becomes.
    fn request(&self, app: &App, id: &str, item: &Item) -> Result<Outgoing, Unsendable>;

    /// What an answer means.
    fn judge(&self, answer: &Answer) -> Verdict {
        Verdict::of_status(answer.status)
    }

    /// How often a thing is tried before it is given up. By default that takes almost three days.
    fn attempts(&self) -> u32 {
        super::schedule::ATTEMPTS
    }

    /// Called when a target has said that it is gone for good. What waits for it is kept.
    fn gone<'a>(
        &'a self,
        _app: &'a App,
        _id: &'a str,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async {})
    }
}

/// The way to a target.
#[derive(Debug, Clone)]
pub struct Route {
    /// Where to.
    pub endpoint: Endpoint,
    /// How the other side proves who it is.
    pub tls: Tls,
    /// Whether all waits but what goes out though the target is held.
    pub hold: bool,
}

/// Something that waits in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name, the same however often it is delivered.
    pub id: String,
    /// The position of the log that gave rise to it.
    pub position: i64,
    /// Its place among all that this position gave rise to.
    pub ordinal: i64,
    /// What it is, in the words of its channel.
    pub kind: String,
    /// What is said, in JSON.
    pub body: String,
    /// The form in which it was tried before, or is to be tried.
    pub signed: Option<Signed>,
    /// How often it was refused so far.
    pub attempts: u32,
}

/// The form in which something is sent, kept so that a repetition is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What is sent.
    pub token: String,
    /// The key that signed it.
    pub kid: String,
}

/// A message.
pub struct Outgoing {
    /// Its headers. One that holds a secret is marked as sensitive.
    pub headers: HeaderMap,
    /// Its body.
    pub body: String,
    /// What to keep for a repetition.
    pub signed: Option<Signed>,
}

/// Why a thing cannot be made a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsendable {
    /// It is set aside like one that was refused.
    Item(String),
    /// Nothing can be made for this target now: all wait.
    Target(String),
    /// The target is not there any more.
    Gone,
}

impl Unsendable {
    /// For this reason, which concerns this one thing.
    pub fn new(reason: impl Display) -> Self {
        Self::Item(reason.to_string())
    }

    /// For this reason, which concerns all that waits for the target.
    pub fn target(reason: impl Display) -> Self {
        Self::Target(reason.to_string())
    }

    /// For the target is not there any more.
    pub const fn gone() -> Self {
        Self::Gone
    }
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The other side has it.
    Delivered,
    /// Not this one, not now: it is set aside and tried again, while the others go on.
    Later,
    /// Not this one, ever.
    Never,
    /// Nothing now: all wait, in order.
    TargetLater,
    /// Nothing ever again.
    Gone,
}

impl Verdict {
    /// What a status means where the protocol does not say more.
    pub const fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Delivered,
            410 => Self::Gone,
            429 | 502 | 503 | 504 => Self::TargetLater,
            _ => Self::Later,
        }
    }
}
