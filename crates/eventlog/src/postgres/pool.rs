//! A few connections, lent to one task at a time.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::session::{Session, Target};
use crate::DbError;

pub(super) struct Pool {
    target: Target,
    permits: Semaphore,
    idle: Mutex<Vec<Session>>,
}

impl Pool {
    pub(super) fn new(target: Target, size: usize) -> Self {
        Self {
            target,
            permits: Semaphore::new(size.max(1)),
            idle: Mutex::default(),
        }
    }

    pub(super) async fn session(&self) -> Result<Lent<'_>, DbError> {
        let closed = |_| DbError::Unavailable("closed".into());
        let permit = self.permits.acquire().await.map_err(closed)?;
        let session = match self.idle() {
            Some(session) => session,
            None => self.target.connect().await?,
        };
        Ok(Lent {
            pool: self,
            session: Some(session),
            _permit: permit,
        })
    }

    fn idle(&self) -> Option<Session> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| idle.pop()).find(Session::is_usable)
    }
}

/// A session that goes back to the pool, unless its task gave up in the middle of a transaction.
pub(super) struct Lent<'p> {
    pool: &'p Pool,
    session: Option<Session>,
    _permit: SemaphorePermit<'p>,
}

impl Deref for Lent<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.session.as_ref().expect("taken only by drop")
    }
}

impl DerefMut for Lent<'_> {
    fn deref_mut(&mut self) -> &mut Session {
        self.session.as_mut().expect("taken only by drop")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(session) = self.session.take().filter(Session::is_usable) {
            self.pool
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(session);
        }
    }
}
