//! A database for each test, copied from one that was made once: making keys is slow.

use pg_harness::TempDir;
use tokio::sync::OnceCell;

use super::app::{BEGINNING, ISSUER, TestApp};
use super::furnished::furnish;

/// What the database has at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Realm {
    /// A realm with its keys, the admin API, and nothing else.
    Founded,
    /// The realm of `furnished.rs`.
    Furnished,
}

/// The database of one test.
pub(crate) struct Database {
    /// As in the configuration.
    pub(crate) url: String,
    /// The `data_dir` of its nodes.
    pub(crate) folder: TempDir,
    /// Where its realm is.
    pub(crate) issuer: String,
}

impl Database {
    /// A file in a folder of its own.
    pub(crate) async fn sqlite(realm: Realm) -> Self {
        static MADE: [OnceCell<Vec<u8>>; 2] = [const { OnceCell::const_new() }; 2];
        let made = MADE[realm as usize].get_or_init(|| make_file(realm)).await;
        let database = Self::empty_sqlite(ISSUER);
        std::fs::write(database.folder.join(FILE), made).unwrap();
        database
    }

    /// A database of the shared server; `None` where there is no PostgreSQL, which is loud, and a
    /// failure under `CI=true`.
    pub(crate) async fn postgres(realm: Realm) -> Option<Self> {
        static MADE: [OnceCell<String>; 2] = [const { OnceCell::const_new() }; 2];
        let server = pg_harness::shared()?;
        let made = &MADE[realm as usize];
        let made = made.get_or_init(|| make_database(server, realm)).await;
        Some(Self::empty_sqlite(ISSUER).at(server.copy_of(made)))
    }

    fn at(mut self, url: String) -> Self {
        self.url = url;
        self
    }

    /// Whether one process holds it.
    pub(crate) fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite:")
    }

    /// A file that does not exist yet, for a realm there.
    pub(crate) fn empty_sqlite(issuer: &str) -> Self {
        let folder = TempDir::new().unwrap();
        Self {
            url: format!("sqlite:{}", folder.join(FILE).display()),
            folder,
            issuer: issuer.to_owned(),
        }
    }

    /// An empty database of the shared server, for a realm there.
    pub(crate) fn empty_postgres(issuer: &str) -> Option<Self> {
        let server = pg_harness::shared()?;
        Some(Self::empty_sqlite(issuer).at(server.database()))
    }
}

const FILE: &str = "chancery.db";

/// The bytes of a file with this realm.
async fn make_file(realm: Realm) -> Vec<u8> {
    let app = make(Database::empty_sqlite(ISSUER), realm).await;
    let copy = app.database().folder.join("copy.db");
    app.log.backup(&copy).await.unwrap();
    std::fs::read(copy).unwrap()
}

/// The url of a database with this realm that nobody is connected to any more.
async fn make_database(server: &pg_harness::Server, realm: Realm) -> String {
    let url = server.database();
    let database = Database::empty_sqlite(ISSUER).at(url.clone());
    drop(make(database, realm).await);
    let name = url.rsplit('/').next().unwrap().split('?').next().unwrap();
    let connected = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'");
    while server.sql("postgres", &connected) != "0" {
        tokio::task::yield_now().await;
    }
    url
}

async fn make(database: Database, realm: Realm) -> TestApp {
    let app = TestApp::node(database, BEGINNING).await;
    if realm == Realm::Furnished {
        furnish(&app).await;
    }
    app
}
