//! The same server behind a socket, for clients that bring their own HTTP.

use std::future::pending;
use std::time::Duration;

use chancery::clock::{Clock, SystemClock};
use chancery::http::listener::serve;
use tokio::net::TcpListener;

use super::TestApp;
use super::app::Task;
use super::database::Database;
use super::furnished::furnish;

/// A furnished realm on a port of the loopback, at today's time.
pub(crate) struct Listening {
    pub(crate) app: TestApp,
    #[expect(dead_code, reason = "it is kept for as long as the server is needed")]
    server: Task,
}

impl Listening {
    pub(crate) async fn on_sqlite() -> Self {
        Self::begin(|issuer| Some(Database::empty_sqlite(issuer)))
            .await
            .unwrap()
    }

    /// `None` where there is no PostgreSQL.
    pub(crate) async fn on_postgres() -> Option<Self> {
        Self::begin(Database::empty_postgres).await
    }

    async fn begin(database: impl Fn(&str) -> Option<Database>) -> Option<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let app = TestApp::node(database(&issuer)?, SystemClock.now()).await;
        furnish(&app).await;
        let router = app.router.clone();
        let server = serve(listener, router, pending(), Duration::ZERO);
        Some(Self {
            app,
            server: Task(tokio::spawn(server)),
        })
    }
}
