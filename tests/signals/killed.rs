//! Nothing is lost where the process is killed (SIGKILL) in the middle of deliveries, and what comes again
//! is recognised.

use std::collections::HashMap;
use std::sync::Arc;

use chancery::clock::{Clock, SystemClock};
use serde_json::Value;

use super::receiver::Receiver;
use crate::support::TestApp;
use crate::support::client::unverified;
use crate::support::database::Database;
use crate::support::furnished::furnish;
use crate::support::outside::{Process, free_issuer};

/// Sessions that begin before the program does.
const SESSIONS: usize = 60;
/// So many pushes are answered before each kill; the next one is under way.
const PUSHES: usize = 15;
const KILLS: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    deliveries(Database::empty_sqlite(&free_issuer())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    if let Some(database) = Database::empty_postgres(&free_issuer()) {
        deliveries(database).await;
    }
}

async fn deliveries(database: Database) {
    let app = TestApp::node(database, SystemClock.now()).await;
    furnish(&app).await;
    let receiver = Receiver::start().await;
    app.push_stream(&receiver, |_| ()).await;
    let alice = app.user_named("alice").await;
    for _ in 0..SESSIONS {
        app.session(alice).await;
    }
    let database = Arc::into_inner(app.stop()).unwrap();
    receiver.answers_only(0);
    for _ in 0..KILLS {
        let under_way = receiver.pushes().len() + PUSHES + 1;
        let process = Process::start(&database).await;
        receiver.answers_only(PUSHES);
        receiver.has(under_way).await;
        drop(process);
    }
    receiver.open();
    let process = Process::start(&database).await;
    receiver.has_distinct(SESSIONS).await;
    drop(process);
    let repeated = receiver.pushes().len() - SESSIONS;
    assert!(
        repeated >= KILLS,
        "what was under way came again: {repeated}"
    );
    let mut first = HashMap::<String, Value>::new();
    let mut order = Vec::new();
    for push in receiver.pushes() {
        let claims = unverified(&push.token);
        let jti = claims["jti"].as_str().unwrap().to_owned();
        if let Some(before) = first.get(&jti) {
            assert_eq!(*before, claims, "what comes again says the same");
        } else {
            order.push(jti.clone());
            first.insert(jti, claims);
        }
    }
    let app = TestApp::node(database, SystemClock.now()).await;
    let rows = app
        .log
        .read("SELECT id FROM deliveries ORDER BY position, ordinal", &[])
        .await
        .unwrap();
    let happened: Vec<_> = rows
        .iter()
        .map(|row| row.text(0).unwrap().to_owned())
        .collect();
    assert_eq!(order, happened, "all came, and each first came in order");
    app.is_what_the_log_says().await;
}
