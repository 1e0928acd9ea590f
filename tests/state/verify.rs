//! `chancery verify` finds what was changed by hand, and nothing else.

use chancery::read::tables::{Kind, TABLES};
use eventlog::{Batch, Statement};

use crate::support::{TestApp, on_both_databases};

on_both_databases![
    a_founded_realm_is_what_its_log_says,
    a_row_changed_by_hand_is_found,
    a_row_removed_or_added_by_hand_is_found,
    a_missing_secret_is_found,
    a_secret_of_nobody_is_found,
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
    let expected = format!("users: {alice} person differs from what the log says");
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

async fn every_missing_secret_is_found(app: TestApp) {
    let alice = app.user_named("alice").await;
    app.session(alice).await;
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
    assert_eq!(count, 6);
}

/// Changes a table without an event, as nothing in the product does.
pub(crate) async fn by_hand(app: &TestApp, sql: &'static str) {
    let changed = Batch::rows([Statement::new(sql, [])]);
    app.log.append(changed).await.unwrap();
}
