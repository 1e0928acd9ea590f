//! The promises of ARCHITECTURE.md, in its order, a test of the same name each.

use std::collections::BTreeMap;
use std::time::Duration;

use chancery::command::clients::{CreateClient, UpdateClient};
use chancery::command::groups::{AddMember, NestGroup};
use chancery::command::sessions::EndSessions;
use chancery::command::users::{DeleteUser, EraseUser};
use chancery::execute::execute;
use chancery::migrations::MIGRATIONS;
use chancery::read;
use chancery::read::tables::{Kind, TABLES};
use domain::client::ClientSettings;
use domain::policy::throttle;
use domain::refusal::Refusal;
use domain::session::EndReason;
use domain::value::ClientId;
use eventlog::{AppendError, Batch, DbError, Log, Options, Statement, Value};
use tokio::task::JoinSet;

use crate::state::concurrency::assert_refused;
use crate::state::statements::{sources, statements_of};
use crate::support::client::basic;
use crate::support::furnished::{PHOTOS, client_id};
use crate::support::http::Sending;
use crate::support::realm::machine;
use crate::support::{Realm, TestApp, on_both_databases, on_postgres};

on_both_databases![
    seq_order_is_commit_order_without_gaps,
    own_reads_see_own_writes,
    delivery_is_at_least_once_and_in_order,
    names_are_claimed_not_searched_for,
    an_event_row_never_changes_a_person_can_still_be_forgotten,
    short_lived_protocol_state_is_rows_not_events,
    no_subject_grows_without_bound,
    a_decision_is_checked_against_all_it_read,
    the_log_has_an_end_and_an_epoch,
    configuration_is_answered_from_a_snapshot_that_names_its_position,
    what_time_brings_about_is_a_command,
];

mod nodes {
    use super::{on_postgres, what_one_node_configures_another_confirms_or_stops_answering};
    on_postgres![furnished: what_one_node_configures_another_confirms_or_stops_answering];
}

/// 1. No statement outside of `read/` writes a table that the log makes, but for the removal of
///    activity, which removes the events, too.
#[test]
fn if_it_is_not_in_the_log_it_did_not_happen() {
    let mut written = 0;
    for (path, source) in sources() {
        for sql in statements_of(&source) {
            let Some(table) = written_table(&sql) else {
                continue;
            };
            written += 1;
            let is_derived = TABLES
                .iter()
                .any(|known| known.name == table && matches!(known.kind, Kind::Derived(_)));
            let may = path.starts_with("read") || path == "timer.rs";
            assert!(may || !is_derived, "{path} writes {table}: {sql}");
        }
    }
    assert!(written > 40, "the sources are not read");
}

/// The table that a statement changes.
fn written_table(sql: &str) -> Option<&str> {
    let rest = ["INSERT INTO ", "UPDATE ", "DELETE FROM "]
        .iter()
        .find_map(|verb| sql.strip_prefix(verb))?;
    rest.split([' ', '(']).next()
}

/// 2.
async fn seq_order_is_commit_order_without_gaps(app: TestApp) {
    const WRITERS: i64 = 40;
    let before = app.log.head().await.unwrap();
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let (node, facts) = (app.clone(), app.facts());
        let create = CreateClient {
            id: ClientId::parse(&format!("client-{number}")).unwrap(),
            settings: machine("one of many"),
            secret: None,
        };
        writers.spawn(async move {
            execute(&node, &create, &facts).await.unwrap();
        });
    }
    // Whoever reads along sees each number once, in order, and never has to look back.
    let mut seen = before;
    while seen < before + WRITERS {
        app.log.changed(seen).await;
        for event in app.log.after(seen, 7).await.unwrap().events {
            assert_eq!(event.seq, seen + 1);
            seen = event.seq;
        }
    }
    writers.join_all().await;
}

/// 3. Each table says what it is where it is made, and `verify` treats it so.
#[test]
fn a_derived_table_is_a_function_of_the_log() {
    let mut said = BTreeMap::new();
    let mut comment = "";
    for line in MIGRATIONS[1..]
        .iter()
        .flat_map(|migration| migration.sql.lines())
    {
        if let Some(text) = line.strip_prefix("-- ") {
            // A comment may go on over several lines: its first word counts.
            let kinds = ["derived", "secret", "ephemeral"];
            comment = kinds
                .into_iter()
                .find(|kind| text.starts_with(kind))
                .unwrap_or(comment);
        } else if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
            said.insert(rest.split(' ').next().unwrap(), comment);
        }
    }
    let declared = TABLES
        .iter()
        .filter(|table| table.name != "claims")
        .map(|table| {
            let kind = match table.kind {
                Kind::Derived(_) => "derived",
                Kind::Secret { .. } => "secret",
                Kind::Ephemeral => "ephemeral",
            };
            (table.name, kind)
        });
    assert_eq!(said, declared.collect());
}

/// 4.
async fn own_reads_see_own_writes(app: TestApp) {
    for number in 0..20 {
        let user = app.user(&format!("user{number}")).await;
        assert!(read::users::get(&app.log, user).await.unwrap().is_some());
    }
}

/// 5. A consumer's effect and its position are one commit; who has lost the lease commits neither.
async fn delivery_is_at_least_once_and_in_order(app: TestApp) {
    app.group("photos").await;
    let long = Duration::from_mins(1);
    let lease = app
        .log
        .lease("consumer", "one", long)
        .await
        .unwrap()
        .unwrap();
    let cursor = app.log.cursor("consumer").await.unwrap();
    let page = app.log.after(cursor.seq, 100).await.unwrap();
    let done = |to, effect: &str| {
        let effect = Statement::new(
            "INSERT INTO used_values (value, expires) VALUES ($1, 0)",
            [Value::from(effect)],
        );
        Batch::rows([Log::advance(&lease, &cursor, to), effect])
    };
    app.log.append(done(page.next, "first")).await.unwrap();
    // The same page once more, by somebody who did not hear the answer.
    let repeated = app.log.append(done(page.next, "second")).await;
    assert!(matches!(repeated, Err(AppendError::RowsChanged { .. })));
    let reached = app.log.cursor("consumer").await.unwrap();
    assert_eq!(reached.seq, app.log.head().await.unwrap());
    app.log.release(&lease).await.unwrap();
    let taken = app
        .log
        .lease("consumer", "two", long)
        .await
        .unwrap()
        .unwrap();
    assert!(taken.epoch > lease.epoch);
    let late = Batch::rows([Log::advance(&lease, &reached, reached.seq)]);
    let late = app.log.append(late).await;
    assert!(matches!(late, Err(AppendError::RowsChanged { .. })));
    let effects = app.log.read("SELECT value FROM used_values", &[]).await;
    let effects = effects.unwrap();
    assert_eq!(effects.len(), 1);
    assert_eq!(effects[0].text(0), Ok("first"));
}

/// 6.
async fn names_are_claimed_not_searched_for(app: TestApp) {
    let id = ClientId::parse("web").unwrap();
    let create = |settings| CreateClient {
        id: id.clone(),
        settings,
        secret: None,
    };
    let (first, second) = (create(machine("first")), create(machine("second")));
    let created = app.attempt_while(&first, app.run(&second)).await;
    assert_refused(created, &Refusal::Taken("client id"));

    let create = app.create_user("alice");
    let mut other = app.create_user("bob");
    other.details.email = create.details.email.clone();
    let created = app.attempt_while(&create, app.run(&other)).await;
    assert_refused(created, &Refusal::Taken("e-mail address"));

    let create = app.create_api("https://photos.example/");
    let mut other = app.create_api("https://pictures.example/");
    other.settings.aliases = vec![create.settings.identifier.clone()];
    let created = app.attempt_while(&create, app.run(&other)).await;
    assert_refused(created, &Refusal::Taken("API identifier"));
    app.is_what_the_log_says().await;
}

/// 7.
async fn an_event_row_never_changes_a_person_can_still_be_forgotten(app: TestApp) {
    let id = app.user("alice").await;
    app.session(id).await;
    let rows = "SELECT seq, id, kind, subject, version, time, class, data FROM events ORDER BY seq";
    let before = app.log.read(rows, &[]).await.unwrap();
    app.run(&DeleteUser { id }).await;
    app.run(&EraseUser { id }).await;
    let after = app.log.read(rows, &[]).await.unwrap();
    assert_eq!(after[..before.len()], before);
    let personal = "SELECT person FROM event_personal WHERE person = $1";
    let personal = app.log.read(personal, &[id.to_string().into()]).await;
    assert_eq!(personal.unwrap().len(), 0);
}

/// 8. Whoever guesses passwords makes no history.
async fn short_lived_protocol_state_is_rows_not_events(app: TestApp) {
    let before = app.log.head().await.unwrap();
    let stranger = "192.0.2.1".parse().unwrap();
    for _ in 0..3 {
        let budgets = throttle::budgets("alice", None, stranger);
        chancery::throttle::spend(&app, &budgets).await.unwrap();
    }
    assert_eq!(app.log.head().await, Ok(before));
}

/// 9.
async fn no_subject_grows_without_bound(app: TestApp) {
    let (group, alice) = (app.group("photos").await, app.user("alice").await);
    let subjects = [
        format!("group/{group}"),
        format!("user/{alice}"),
        "group-graph".into(),
    ];
    let mut before = Vec::new();
    for subject in &subjects {
        before.push(app.log.version(subject).await.unwrap());
    }
    for number in 0..10 {
        let member = app.user(&format!("member{number}")).await;
        app.add(member, group).await;
        app.session(alice).await;
    }
    app.add(alice, group).await;
    for (subject, before) in subjects.iter().zip(before) {
        assert_eq!(app.log.version(subject).await, Ok(before), "{subject}");
    }
}

/// 10. Whatever a decision has read may change before it is committed: then it is made again.
async fn a_decision_is_checked_against_all_it_read(app: TestApp) {
    let (group, alice) = (app.group("photos").await, app.user("alice").await);
    let inner = app.group("inner").await;
    let add = AddMember {
        group,
        user: alice,
        expires: None,
    };
    let deleted = DeleteUser { id: alice };
    let added = app.attempt_while(&add, app.run(&deleted)).await;
    assert_refused(added, &Refusal::NotFound("user"));
    let nest = NestGroup {
        parent: group,
        child: inner,
    };
    let delete = chancery::command::groups::DeleteGroup { id: inner };
    let nested = app.attempt_while(&nest, app.run(&delete)).await;
    assert_refused(nested, &Refusal::NotFound("group"));
    app.is_what_the_log_says().await;
}

/// 11.
async fn the_log_has_an_end_and_an_epoch(app: TestApp) {
    let alice = app.user("alice").await;
    app.session(alice).await;
    let end = EndSessions {
        user: alice,
        except: None,
        reason: EndReason::SignedOut,
    };
    app.run(&end).await;
    let head = app.log.head().await.unwrap();
    app.pass(401 * 86_400).await;
    assert_eq!(
        app.log.head().await,
        Ok(head),
        "numbers are not given again"
    );
    let page = app.log.after(0, 1000).await.unwrap();
    assert_eq!((page.next, page.removed), (head, 2), "the gap is told");
    let epoch = app.log.epoch();
    assert_eq!(app.log.begin_epoch().await, Ok(epoch + 1));
    assert_eq!(app.log.epoch(), epoch + 1);
}

/// 12. On the node that configures, before the change is acknowledged.
async fn configuration_is_answered_from_a_snapshot_that_names_its_position(app: TestApp) {
    let id = ClientId::parse("web").unwrap();
    let create = CreateClient {
        id: id.clone(),
        settings: machine("web"),
        secret: None,
    };
    app.run(&create).await;
    let snapshot = app.snapshot.latest();
    assert!(snapshot.client("web").is_some());
    assert_eq!(app.log.head().await, Ok(snapshot.seq));
    app.user("alice").await;
    app.run(&disable(&id)).await;
    let snapshot = app.snapshot.latest();
    assert!(snapshot.client("web").is_none());
    assert_eq!(app.log.head().await, Ok(snapshot.seq));
}

/// 12. On another node, as soon as it asks; and one that cannot ask stops answering after a second.
async fn what_one_node_configures_another_confirms_or_stops_answering(app: TestApp) {
    let other = app.secluded_node().await;
    let ask = async || {
        let request = other.client("machine").credentials();
        request.resource(PHOTOS).await.0.status.as_u16()
    };
    other.snapshot.confirm().await.unwrap();
    assert_eq!(ask().await, 200);
    app.run(&disable(&client_id("machine"))).await;
    other.snapshot.confirm().await.unwrap();
    assert_eq!(ask().await, 401);

    let silent = async {
        while ask().await != 503 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let stopped = tokio::time::timeout(Duration::from_secs(10), silent).await;
    stopped.expect("it answers from what it has not confirmed");
    let flow = other.client("web").code_flow("alice").scope("photos:read");
    other.get(&flow.address()).await.is(503);
    let request = Sending::form("/introspect", [("token", "x")]);
    let request = request.with("authorization", basic(PHOTOS, "api-secret"));
    let answer = other.send(request).await.is(503);
    assert_eq!(answer.json()["error"], "temporarily_unavailable");
    assert!(!answer.header("retry-after").is_empty());
    other.snapshot.confirm().await.unwrap();
    assert_eq!(ask().await, 401);
}

fn disable(
    id: &ClientId,
) -> UpdateClient<impl Fn(&ClientSettings) -> Result<ClientSettings, Refusal>> {
    let change = |settings: &ClientSettings| {
        Ok(ClientSettings {
            enabled: false,
            ..settings.clone()
        })
    };
    UpdateClient {
        id: id.clone(),
        change,
    }
}

/// 13.
async fn what_time_brings_about_is_a_command(app: TestApp) {
    let alice = app.user("alice").await;
    app.session(alice).await;
    let before = app.log.head().await.unwrap();
    app.pass(2 * 86_400).await;
    let events = app.log.after(before, 10).await.unwrap().events;
    assert_eq!(events.len(), 1);
    let data: serde_json::Value = serde_json::from_slice(&events[0].data).unwrap();
    assert_eq!(data["cause"]["kind"], "time");
    assert_eq!(data["reason"], "expired");
    assert_eq!(events[0].time, app.now().micros());
}

/// 14.
#[tokio::test]
async fn one_writer() {
    let app = TestApp::on_sqlite(Realm::Founded).await.unwrap();
    let options = Options::new(&app.database().url, MIGRATIONS);
    let second = Log::open(options).await;
    assert!(matches!(second, Err(DbError::InUse(_))));
}
