//! Who works on which shard. Each live node has a place, so that all know how many there are, and as many
//! shards as are its share, each under a lease. The shards of one that died are free when its leases lapse.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eventlog::{DbError, Lease, Log};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use super::engine::Engine;
use super::queue::SHARDS;

/// The pace of leases.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long a lease lasts; the shards of a node that dies are taken over after this.
    pub lease: Duration,
    /// How often leases are prolonged, and shares compared.
    pub renewal: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            renewal: Duration::from_secs(5),
        }
    }
}

impl Pace {
    /// When a node has stopped whose lease was asked for at this time: before it lapses, for its clock and the
    /// database's do not run alike.
    fn end(self, asked: Instant) -> Instant {
        asked + self.lease * 7 / 8
    }
}

/// The names of the places; there is one for each shard, since more nodes would have nothing to do.
const PLACES: &str = "node/";

/// The right to work on a shard.
pub(super) struct Hold {
    until: Mutex<Option<Instant>>,
    ended: Notify,
}

impl Hold {
    /// A right that only its holder ends.
    pub(super) fn unlimited() -> Self {
        Self {
            until: Mutex::new(None),
            ended: Notify::new(),
        }
    }

    /// A right until then, unless it is prolonged.
    fn until(end: Instant) -> Self {
        let hold = Self::unlimited();
        hold.prolong(end);
        hold
    }

    fn prolong(&self, end: Instant) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
    }

    /// Whether the right stands: asked before each message.
    pub(super) fn is_live(&self) -> bool {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_none_or(|until| Instant::now() < until)
    }

    /// Ends the right.
    pub(super) fn end(&self) {
        self.prolong(Instant::now());
        self.ended.notify_waiters();
    }

    /// Returns when the right was ended. One that lapsed is noticed by who looks.
    pub(super) async fn ended(&self) {
        self.ended.notified().await;
    }
}

/// A shard that this node works on.
struct Held {
    lease: Lease,
    hold: Arc<Hold>,
    work: Work,
}

/// A task that ends with whoever holds it.
struct Work(JoinHandle<()>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Held {
    /// Stops behind what has begun, and gives the shard back.
    async fn give_back(mut self, log: Log) {
        self.hold.end();
        let _ended = (&mut self.work.0).await;
        if let Err(error) = log.release(&self.lease).await {
            tracing::warn!(%error, lease = self.lease.name, "a shard lapses instead of being given back");
        }
    }
}

/// Works on this node's share of the shards until `stop`.
pub(super) async fn share(
    engine: &Engine,
    pace: Pace,
    owner: &str,
    stop: impl Future<Output = ()>,
) {
    let mut node = Node {
        engine,
        pace,
        owner,
        place: None,
        held: BTreeMap::new(),
        leaving: JoinSet::new(),
    };
    let mut stop = std::pin::pin!(stop);
    loop {
        if let Err(error) = node.balance().await {
            tracing::warn!(%error, "the shards of deliveries cannot be shared");
        }
        tokio::select! {
            () = tokio::time::sleep(pace.renewal) => {}
            () = &mut stop => break,
        }
    }
    node.leave().await;
}

struct Node<'a> {
    engine: &'a Engine,
    pace: Pace,
    owner: &'a str,
    place: Option<(i64, Lease)>,
    held: BTreeMap<i64, Held>,
    leaving: JoinSet<()>,
}

impl Node<'_> {
    /// Prolongs what this node has, gives back what is more than its share, and takes what is free of it.
    async fn balance(&mut self) -> Result<(), DbError> {
        while self.leaving.try_join_next().is_some() {}
        self.renew().await;
        let place = self.keep_place().await?;
        let nodes = self.log().holders(PLACES).await?;
        let share = match place {
            Some(_) => share_of(nodes),
            None => 0,
        };
        while self.held.len() > share {
            if let Some((_, held)) = self.held.pop_last() {
                self.leaving.spawn(held.give_back(self.log().clone()));
            }
        }
        // Each begins elsewhere, so that they do not all ask for the same.
        let first = place.unwrap_or_default() * SHARDS / i64::try_from(nodes.max(1)).unwrap_or(1);
        for shard in (0..SHARDS).map(|offset| (first + offset) % SHARDS) {
            if self.held.len() < share && !self.held.contains_key(&shard) {
                self.take(shard).await?;
            }
        }
        Ok(())
    }

    /// Prolongs all leases at once, so that they share a commit. What was lost is let go.
    async fn renew(&mut self) {
        let mut asking = JoinSet::new();
        for (shard, held) in &self.held {
            let (log, name, owner) = (
                self.log().clone(),
                held.lease.name.clone(),
                self.owner.to_owned(),
            );
            let (shard, ttl) = (*shard, self.pace.lease);
            asking.spawn(async move {
                let asked = Instant::now();
                (shard, asked, log.lease(&name, &owner, ttl).await)
            });
        }
        for (shard, asked, answer) in asking.join_all().await {
            match answer {
                Ok(Some(lease)) => {
                    if let Some(held) = self.held.get_mut(&shard) {
                        held.lease = lease;
                        held.hold.prolong(self.pace.end(asked));
                    }
                }
                Ok(None) => {
                    if let Some(held) = self.held.remove(&shard) {
                        self.leaving.spawn(held.give_back(self.log().clone()));
                    }
                }
                // It stands until it lapses.
                Err(error) => tracing::warn!(%error, shard, "a lease cannot be prolonged"),
            }
        }
    }

    /// The place of this node; none if all are taken.
    async fn keep_place(&mut self) -> Result<Option<i64>, DbError> {
        let own = self.place.take().map(|(place, _)| place);
        for place in own.into_iter().chain(0..SHARDS) {
            let name = format!("{PLACES}{place}");
            if let Some(lease) = self.log().lease(&name, self.owner, self.pace.lease).await? {
                self.place = Some((place, lease));
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    async fn take(&mut self, shard: i64) -> Result<(), DbError> {
        let name = format!("deliveries/{shard}");
        let asked = Instant::now();
        if let Some(lease) = self.log().lease(&name, self.owner, self.pace.lease).await? {
            let hold = Arc::new(Hold::until(self.pace.end(asked)));
            let work = tokio::spawn(self.engine.clone().serve(shard, hold.clone()));
            let work = Work(work);
            self.held.insert(shard, Held { lease, hold, work });
        }
        Ok(())
    }

    /// Gives back everything.
    async fn leave(mut self) {
        for (_, held) in std::mem::take(&mut self.held) {
            self.leaving.spawn(held.give_back(self.log().clone()));
        }
        std::mem::take(&mut self.leaving).join_all().await;
        if let Some((_, place)) = self.place.take()
            && let Err(error) = self.log().release(&place).await
        {
            tracing::warn!(%error, "the place of this node lapses instead of being given back");
        }
    }

    fn log(&self) -> &Log {
        &self.engine.app().log
    }
}

/// How many shards a node has at most.
fn share_of(nodes: usize) -> usize {
    usize::try_from(SHARDS).map_or(0, |shards| shards.div_ceil(nodes.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_shards_are_somebodys_share() {
        for (nodes, share) in [(0, 8), (1, 8), (2, 4), (3, 3), (5, 2), (8, 1), (20, 1)] {
            assert_eq!(share_of(nodes), share, "{nodes}");
        }
    }

    #[test]
    fn a_right_ends_before_its_lease() {
        let (now, pace) = (Instant::now(), Pace::default());
        let asked = |before| now.checked_sub(before).unwrap();
        let hold = Hold::until(pace.end(asked(Duration::from_secs(12))));
        assert!(hold.is_live());
        let hold = Hold::until(pace.end(asked(Duration::from_secs(14))));
        assert!(!hold.is_live());
        let hold = Hold::unlimited();
        assert!(hold.is_live());
        hold.end();
        assert!(!hold.is_live());
    }
}
