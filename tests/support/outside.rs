//! The real program as a process of its own, and HTTP to reach it.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::app::{MASTER_KEY, settings};
use super::database::Database;

/// A running `chancery serve`. It is killed (SIGKILL) when this is dropped.
pub(crate) struct Process(Child);

impl Process {
    /// Starts the program on a database whose realm is on the loopback, and waits until it is ready.
    pub(crate) async fn start(database: &Database) -> Self {
        let listen = database.issuer.strip_prefix("http://").unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_chancery"))
            .arg("serve")
            .envs(settings(database))
            .env("CHANCERY_LISTEN", listen)
            .env("CHANCERY_MASTER_KEY", MASTER_KEY)
            .env("CHANCERY_LOG_LEVEL", "warn")
            .stdout(Stdio::null())
            .spawn();
        let mut process = Self(child.unwrap());
        let ready = format!("{}/readyz", database.issuer);
        loop {
            let ended = process.0.try_wait().unwrap();
            assert!(ended.is_none(), "the program ended: {ended:?}");
            let answer = client().get(&ready).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return process;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An issuer on a port of the loopback that nobody listens on.
pub(crate) fn free_issuer() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// A client for HTTP, of the test and not of the product.
#[expect(
    clippy::disallowed_methods,
    reason = "it stands for somebody else's program"
)]
pub(crate) fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    client.no_proxy().build().unwrap()
}
