//! An application of one test: the real one on a real database, at a time that stands still.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use chancery::app::App;
use chancery::bootstrap::{self, Start};
use chancery::clock::ManualClock;
use chancery::config::Config;
use chancery::execute::{Command, Facts, Refused, execute};
use chancery::rng::SystemRng;
use chancery::verify::verify;
use domain::value::Timestamp;
use pg_harness::TempDir;
use tokio::task::JoinHandle;

use super::Realm;
use super::database::Database;

/// Where the realm of all tests is.
pub(crate) const ISSUER: &str = "https://id.example";

/// When all tests begin: 2026-11-22T09:00:00Z.
pub(crate) const BEGINNING: Timestamp = Timestamp::from_seconds(1_795_338_000);

/// The same on all nodes, and kept nowhere.
pub(crate) const MASTER_KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

/// One node on a database of its own.
pub(crate) struct TestApp {
    app: App,
    /// The whole server.
    pub(crate) router: Router,
    /// The time, for all nodes of this database.
    pub(crate) clock: Arc<ManualClock>,
    database: Arc<Database>,
    /// Confirms the configuration, as a node among others does; none that is left alone.
    following: Option<Task>,
}

/// A task that ends with whoever holds it.
pub(crate) struct Task(pub(crate) JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl TestApp {
    pub(crate) async fn on_sqlite(realm: Realm) -> Option<Self> {
        Some(Self::node(Database::sqlite(realm).await, BEGINNING).await)
    }

    /// `None` where there is no PostgreSQL.
    pub(crate) async fn on_postgres(realm: Realm) -> Option<Self> {
        Some(Self::node(Database::postgres(realm).await?, BEGINNING).await)
    }

    /// The first process on a database, at this time.
    pub(crate) async fn node(database: Database, now: Timestamp) -> Self {
        start(Arc::new(database), Arc::new(ManualClock::new(now))).await
    }

    /// Another process on the same database, at the same time of day.
    pub(crate) async fn second_node(&self) -> Self {
        start(self.database.clone(), self.clock.clone()).await
    }

    /// Another process, which hears of changes only when it is told to ask.
    pub(crate) async fn secluded_node(&self) -> Self {
        let mut node = self.second_node().await;
        node.following = None;
        node
    }

    /// The process ends and starts again, on what is on disk.
    pub(crate) async fn restarted(self) -> Self {
        let clock = self.clock.clone();
        start(self.stop(), clock).await
    }

    /// Ends the process in good order; what is on disk remains.
    pub(crate) fn stop(self) -> Arc<Database> {
        self.database
    }

    /// The database that this node is on.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Gives a command as the operator.
    pub(crate) async fn attempt<C: Command>(&self, command: &C) -> Result<C::Reply, Refused> {
        execute(self, command, &self.facts()).await
    }

    /// Gives a command as the operator; it must not be refused.
    pub(crate) async fn run<C: Command>(&self, command: &C) -> C::Reply {
        self.attempt(command).await.unwrap()
    }

    /// What a command of the operator is decided with.
    pub(crate) fn facts(&self) -> Facts {
        bootstrap::operator(self)
    }

    /// Lets time pass, and has the timer do what that brings about.
    pub(crate) async fn pass(&self, seconds: i64) {
        self.clock.advance(seconds);
        chancery::timer::tick(self).await.unwrap();
    }

    /// What differs between the state and its log, a sentence each.
    pub(crate) async fn differences(&self) -> Vec<String> {
        let scratch = TempDir::new().unwrap();
        let report = verify(&self.log, &scratch).await.unwrap();
        assert!(report.events > 0 && report.rows > 0, "nothing was compared");
        report.differences
    }

    /// Fails unless every table is what the log says.
    pub(crate) async fn is_what_the_log_says(&self) {
        assert_eq!(self.differences().await, Vec::<String>::new());
    }

    /// The names of all events after a position, in order.
    pub(crate) async fn events_after(&self, seq: i64) -> Vec<String> {
        let page = self.log.after(seq, 10_000).await.unwrap();
        page.events.into_iter().map(|event| event.kind).collect()
    }
}

impl Deref for TestApp {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

async fn start(database: Arc<Database>, clock: Arc<ManualClock>) -> TestApp {
    let started = bootstrap::open(Start {
        config: Config::load(None, settings(&database)).unwrap(),
        master_key: Some(MASTER_KEY.to_owned()),
        move_issuer: false,
        clock: clock.clone(),
        rng: Arc::new(SystemRng),
    });
    let app = started.await.unwrap();
    TestApp {
        following: (!app.config.is_single_node()).then(|| follow(app.clone())),
        router: Router::new().fallback_service(chancery::router::router(app.clone())),
        app,
        clock,
        database,
    }
}

fn follow(app: App) -> Task {
    Task(tokio::spawn(async move {
        loop {
            app.snapshot.confirm().await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }))
}

/// The default configuration, but for cheap passwords, short waits and receivers on the loopback, as
/// environment variables.
pub(crate) fn settings(database: &Database) -> Vec<(String, String)> {
    let settings = [
        ("CHANCERY_ISSUER", database.issuer.as_str()),
        ("CHANCERY_DATA_DIR", database.folder.to_str().unwrap()),
        ("CHANCERY_DATABASE", &database.url),
        // The receivers of tests.
        ("CHANCERY_OUTBOUND_ALLOW", "127.0.0.1"),
        ("CHANCERY_OUTBOUND_ALLOW_HTTP", "true"),
        ("CHANCERY_PASSWORDS_MEMORY", "64"),
        ("CHANCERY_PASSWORDS_PASSES", "1"),
        ("CHANCERY_SSF_LONG_POLL", "4s"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    settings.into()
}
