//! News: who waits for the log or for a topic hears of the commit that made the row.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::Seq;

/// How long a missed wake-up can go unnoticed.
pub(crate) const FALLBACK: Duration = Duration::from_secs(1);

/// What is known of the log without asking, and who waits for topics.
#[derive(Default)]
pub(crate) struct News {
    epoch: AtomicI64,
    head: watch::Sender<Seq>,
    topics: Mutex<HashMap<String, watch::Sender<u64>>>,
}

impl News {
    pub(crate) fn epoch(&self) -> i64 {
        self.epoch.load(Ordering::Relaxed)
    }

    pub(crate) fn head(&self) -> Seq {
        *self.head.borrow()
    }

    /// Tells that the log reaches to `head`. Never moves back.
    pub(crate) fn moved(&self, head: Seq) {
        self.head.send_if_modified(|known| {
            let is_news = head > *known;
            *known = head.max(*known);
            is_news
        });
    }

    /// Tells of what the database itself was asked for. In another epoch the log may be shorter.
    pub(crate) fn read(&self, epoch: i64, head: Seq) {
        match epoch.cmp(&self.epoch.fetch_max(epoch, Ordering::Relaxed)) {
            // Read before the epoch that is known by now.
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => self.moved(head),
            std::cmp::Ordering::Greater => drop(self.head.send_replace(head)),
        }
    }

    pub(crate) async fn wait_for_head(&self, after: Seq) {
        // The sender lives as long as `self`: waiting cannot fail.
        let _ = self.head.subscribe().wait_for(|head| *head > after).await;
    }

    pub(crate) fn fire<'a>(&self, topics: impl IntoIterator<Item = &'a str>) {
        let mut topics = topics.into_iter().peekable();
        if topics.peek().is_none() {
            return;
        }
        let mut waiting = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        for topic in topics {
            if let Some(sender) = waiting.get(topic) {
                sender.send_modify(|count| *count += 1);
            }
        }
        waiting.retain(|_, sender| sender.receiver_count() > 0);
    }

    pub(crate) fn topic(&self, name: &str) -> Topic {
        let mut waiting = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = waiting.entry(name.to_owned()).or_default();
        Topic {
            receiver: sender.subscribe(),
        }
    }
}

/// A subscription to a topic. Subscribe first, then read what there is, then wait: nothing that
/// is committed in between is missed.
#[derive(Debug, Clone)]
pub struct Topic {
    receiver: watch::Receiver<u64>,
}

impl Topic {
    /// Returns when a commit has named the topic since the last call, or after one second, so
    /// that a lost wake-up only costs time.
    pub async fn woken(&mut self) {
        let changed = tokio::time::timeout(FALLBACK, self.receiver.changed());
        if let Ok(Err(_)) = changed.await {
            // The log was closed: nothing will fire any more.
            tokio::time::sleep(FALLBACK).await;
        }
    }
}
