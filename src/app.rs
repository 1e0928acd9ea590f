//! What the process holds. There are no globals: two of these can live in one test.

use std::ops::Deref;
use std::sync::Arc;

use domain::value::Timestamp;
use eventlog::Log;
use uuid::Uuid;

use crate::clock::Clock;
use crate::config::Config;
use crate::outbound::Outbound;
use crate::passwords::Passwords;
use crate::rng::Rng;
use crate::seal::MasterKey;
use crate::secrets::Secrets;
use crate::snapshot::Snapshots;
use crate::stopping::Stopping;

/// The application: cheap to clone, shared by all requests.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts that the application is made of.
pub struct Parts {
    /// The database and its log.
    pub log: Log,
    /// Configuration in memory: clients, APIs, rules, keys.
    pub snapshot: Snapshots,
    /// What the operator set.
    pub config: Config,
    /// Seals what must be read back from the database.
    pub master_key: Arc<MasterKey>,
    /// Keys derived from the realm's root secret, one for each purpose.
    pub secrets: Secrets,
    /// Hashes and checks passwords, a bounded number at once.
    pub passwords: Passwords,
    /// Sends to where it may.
    pub outbound: Outbound,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Whether the process is about to stop.
    pub stopping: Stopping,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new id: a UUIDv7 of the application's time and randomness.
    pub fn new_id(&self) -> Uuid {
        let mut random = [0; 10];
        self.rng.fill(&mut random);
        let milliseconds = u64::try_from(self.now().micros() / 1000).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid()
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
