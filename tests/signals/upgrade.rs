//! A realm that is older than an API of our own gains it at the next start.

use chancery::{admin_api, ssf_api};
use eventlog::{Batch, Statement};

use crate::support::{TestApp, on_both_databases};

on_both_databases![a_realm_gains_what_it_is_older_than];

async fn a_realm_gains_what_it_is_older_than(app: TestApp) {
    for sql in [
        "DELETE FROM api_scopes WHERE scope LIKE 's%'",
        "DELETE FROM events WHERE subject = 'api/00000000-0000-7000-8000-000000000002'",
        "DELETE FROM apis WHERE id = '00000000-0000-7000-8000-000000000002'",
        "DELETE FROM claims WHERE holder = 'api/00000000-0000-7000-8000-000000000002'",
        "DELETE FROM subjects WHERE subject = 'api/00000000-0000-7000-8000-000000000002'",
    ] {
        let rows = Batch::rows([Statement::new(sql, Vec::new())]);
        app.log.append(rows).await.unwrap();
    }
    let app = app.restarted().await;
    let snapshot = app.snapshot.latest();
    for (id, scopes) in [
        (admin_api::ID, admin_api::SCOPES),
        (ssf_api::ID, ssf_api::SCOPES),
    ] {
        let api = &snapshot.apis[&id].api;
        assert_eq!(api.scopes.len(), scopes.len());
    }
    let head = app.log.head().await.unwrap();
    let app = app.restarted().await;
    assert_eq!(app.log.head().await.unwrap(), head, "nothing is said twice");
}
