//! `chancery verify` finds what was changed by hand, and nothing else.

use eventlog::{Batch, Statement};

use crate::support::{TestApp, on_both_databases};

on_both_databases![
    a_founded_realm_is_what_its_log_says,
    a_row_changed_by_hand_is_found,
    a_row_removed_or_added_by_hand_is_found,
    a_missing_secret_is_found,
    a_secret_of_nobody_is_found,
];

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

/// Changes a table without an event, as nothing in the product does.
pub(crate) async fn by_hand(app: &TestApp, sql: &'static str) {
    let changed = Batch::rows([Statement::new(sql, [])]);
    app.log.append(changed).await.unwrap();
}
