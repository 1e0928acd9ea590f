//! What was acknowledged is there after the process was killed (SIGKILL), in the middle of refreshes.

use std::sync::Arc;

use chancery::clock::{Clock, SystemClock};
use domain::value::Timestamp;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::TestApp;
use crate::support::database::Database;
use crate::support::furnished::furnish;
use crate::support::outside::{Process, client, free_issuer};

/// Clients that refresh at once, each in a family of its own.
const CLIENTS: usize = 4;
/// So many answers all of them get together before each kill.
const ANSWERS: u32 = 40;
const KILLS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    refreshes(Database::empty_sqlite(&free_issuer())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    if let Some(database) = Database::empty_postgres(&free_issuer()) {
        refreshes(database).await;
    }
}

async fn refreshes(database: Database) {
    let mut app = TestApp::node(database, SystemClock.now()).await;
    furnish(&app).await;
    let mut families = Vec::new();
    for _ in 0..CLIENTS {
        let flow = app.client("cli").code_flow("alice").scope("photos:read");
        families.push(Family {
            token: flow.await.refresh_token.unwrap(),
            acknowledged: 0,
        });
        // So that their order in the database is known.
        app.clock.advance(1);
    }
    for _ in 0..KILLS {
        let database = Arc::into_inner(app.stop()).unwrap();
        let process = Process::start(&database).await;
        let killed;
        (families, killed) = until_killed(&database.issuer, process, families).await;
        app = TestApp::node(database, killed).await;
        let reached = generations(&app).await;
        assert_eq!(reached.len(), CLIENTS);
        for (family, reached) in families.iter_mut().zip(reached) {
            // What was under way when the process died may have been committed, or not.
            let possible = family.acknowledged..=family.acknowledged + 1;
            assert!(possible.contains(&reached), "{reached}: not {possible:?}");
            // Either way, whoever has had no answer asks again, and gets one.
            let request = app.client("cli").asks("refresh_token");
            let answer = request.with("refresh_token", &family.token).await.ok();
            family.token = answer.refresh_token.unwrap();
            family.acknowledged += 1;
        }
        app.is_what_the_log_says().await;
    }
}

/// A chain of refresh tokens, as far as its client knows.
struct Family {
    token: String,
    acknowledged: i64,
}

/// Refreshes everything again and again, until enough was answered; then kills the process.
async fn until_killed(
    issuer: &str,
    process: Process,
    families: Vec<Family>,
) -> (Vec<Family>, Timestamp) {
    let answers = Arc::new(Semaphore::new(0));
    let mut refreshing = JoinSet::new();
    for (number, family) in families.into_iter().enumerate() {
        let (address, answers) = (format!("{issuer}/token"), answers.clone());
        refreshing.spawn(async move { (number, refresh(&address, family, &answers).await) });
    }
    let _enough = answers.acquire_many(ANSWERS).await.unwrap();
    drop(process);
    let killed = SystemClock.now();
    let mut families = refreshing.join_all().await;
    families.sort_by_key(|(number, _)| *number);
    let families = families.into_iter().map(|(_, family)| family);
    (families.collect(), killed)
}

/// Refreshes until nobody answers any more.
async fn refresh(address: &str, mut family: Family, answers: &Semaphore) -> Family {
    let client = client();
    loop {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", "cli"),
            ("refresh_token", &family.token),
        ];
        let Ok(answer) = client.post(address).form(&form).send().await else {
            return family;
        };
        let status = answer.status();
        let Ok(body) = answer.json::<Value>().await else {
            return family;
        };
        assert_eq!(status, 200, "{body}");
        body["refresh_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut family.token);
        family.acknowledged += 1;
        answers.add_permits(1);
    }
}

/// The generation that each family has reached, oldest family first.
async fn generations(app: &TestApp) -> Vec<i64> {
    let rows = app.log.read(
        "SELECT f.generation FROM refresh_families f JOIN grants g ON g.id = f.grant_id \
         ORDER BY g.created",
        &[],
    );
    let rows = rows.await.unwrap();
    rows.iter().map(|row| row.int(0).unwrap()).collect()
}
