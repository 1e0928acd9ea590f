//! `chancery verify` finds what was changed by hand, and nothing else.

use chancery::read::tables::{Kind, TABLES};
use chancery::realm::{self, File, Mode, Outcome, Source};
use eventlog::{Batch, Statement};

use crate::signals::receiver::Receiver;
use crate::support::{TestApp, on_both_databases};

on_both_databases![
    a_founded_realm_is_what_its_log_says,
    a_row_changed_by_hand_is_found,
    a_row_removed_or_added_by_hand_is_found,
    a_missing_secret_is_found,
    a_secret_of_nobody_is_found,
    tables_are_compared_over_many_pages,
];

mod furnished {
    use super::{every_missing_secret_is_found, on_both_databases};
    on_both_databases![furnished: every_missing_secret_is_found];
}

async fn a_founded_realm_is_what_its_log_says(app: TestApp) {
    app.is_what_the_log_says().await;
}

async fn a_row_changed_by_hand_is_found(app: TestApp) {
    let alice = app.user("alice").await;
    by_hand(
        &app,
        "UPDATE users SET enabled = 0 WHERE username = 'alice'",
    )
    .await;
    let expected = format!("users: {alice} differs from what the log says");
    assert_eq!(app.differences().await, [expected]);
}

async fn a_row_removed_or_added_by_hand_is_found(app: TestApp) {
    let photos = app.group("photos").await;
    let alice = app.user("alice").await;
    app.add(alice, photos).await;
    by_hand(&app, "DELETE FROM memberships").await;
    by_hand(
        &app,
        "INSERT INTO group_nestings (parent, child) VALUES ('here', 'there')",
    )
    .await;
    let expected = [
        "group_nestings: here there is not in the log".to_owned(),
        format!("memberships: {photos} {alice} is missing"),
    ];
    assert_eq!(app.differences().await, expected);
}

async fn a_missing_secret_is_found(app: TestApp) {
    let alice = app.user("alice").await;
    by_hand(&app, "DELETE FROM passwords").await;
    let expected = format!("passwords: {alice} is missing");
    assert_eq!(app.differences().await, [expected]);
}

async fn a_secret_of_nobody_is_found(app: TestApp) {
    by_hand(
        &app,
        "INSERT INTO passwords (user_id, phc) VALUES ('nobody', '')",
    )
    .await;
    assert_eq!(
        app.differences().await,
        ["passwords: nobody is not in the log"]
    );
}

/// A password's hash, made elsewhere: so many could not be made here.
const PHC: &str = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA\
    $MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI";

async fn tables_are_compared_over_many_pages(app: TestApp) {
    // Of each kind of table more than two pages: derived with one key and with two, and secret.
    let mut text = "groups: { all: { members: [".to_owned();
    let names = || (0..1100).map(|n| format!("u{n:04}"));
    text.extend(names().map(|name| name + ","));
    text.push_str("] } }\nusers:\n");
    text.extend(names().map(|name| format!("  {name}: {{ password: env:PASSWORD }}\n")));
    let file = File::parse("realm.yaml", &text, &|_: &Source| Ok(PHC.to_owned()));
    let outcome = realm::run(&app, &file, Mode::Apply).await.unwrap();
    assert!(matches!(outcome, Outcome::Applied(_)), "{outcome:?}");
    app.is_what_the_log_says().await;

    by_hand(
        &app,
        "DELETE FROM users WHERE username IN ('u0000', 'u0700')",
    )
    .await;
    by_hand(
        &app,
        "DELETE FROM passwords WHERE user_id IN \
         (SELECT id FROM users WHERE username IN ('u0500', 'u1099'))",
    )
    .await;
    by_hand(
        &app,
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100) \
         INSERT INTO group_nestings (parent, child) SELECT '', 'child ' || i FROM n",
    )
    .await;
    let found = app.differences().await;
    let count = |begin: &str, end: &str| {
        let is_it = |line: &&String| line.starts_with(begin) && line.ends_with(end);
        found.iter().filter(is_it).count()
    };
    assert_eq!(count("users: ", " is missing"), 2);
    assert_eq!(count("passwords: ", " is missing"), 2);
    assert_eq!(count("passwords: ", " is not in the log"), 2);
    assert_eq!(count("group_nestings:  child ", " is not in the log"), 1100);
    assert_eq!(found.len(), 1106);
}

async fn every_missing_secret_is_found(app: TestApp) {
    let alice = app.user_named("alice").await;
    app.session(alice).await;
    let receiver = Receiver::start().await;
    app.push_stream(&receiver, |_| ()).await;
    app.is_what_the_log_says().await;
    let secrets = TABLES
        .iter()
        .filter(|table| matches!(table.kind, Kind::Secret { .. }));
    let mut count = 0;
    for table in secrets {
        by_hand(&app, format!("DELETE FROM {}", table.name).leak()).await;
        let of_table = format!("{}: ", table.name);
        let found = app.differences().await;
        let found = found
            .iter()
            .filter(|line| line.starts_with(&of_table) && line.ends_with(" is missing"));
        assert!(found.count() > 0, "{}", table.name);
        count += 1;
    }
    assert_eq!(count, 7);
}

/// Changes a table without an event, as nothing in the product does.
pub(crate) async fn by_hand(app: &TestApp, sql: &'static str) {
    let changed = Batch::rows([Statement::new(sql, [])]);
    app.log.append(changed).await.unwrap();
}
