//! No statement of the engine walks through a queue: a million that wait cost the others nothing.

use crate::state::statements::{sources, statements_of};
use crate::support::{Realm, TestApp};

#[tokio::test]
async fn no_statement_walks_through_a_queue() {
    let app = TestApp::on_sqlite(Realm::Founded).await.unwrap();
    // Of a queue that has ended, all goes, a page at a time.
    let of_ended = "SELECT id FROM deliveries WHERE target = $1 LIMIT CAST($2 AS BIGINT)";
    let mut planned = 0;
    for (path, source) in sources() {
        if !path.starts_with("delivery") {
            continue;
        }
        for sql in statements_of(&source).filter(|sql| sql != of_ended) {
            planned += 1;
            for step in app.log.query_plan(&sql).unwrap() {
                assert!(!walks(&step), "{path}: {sql}\n{step}");
            }
        }
    }
    assert!(planned > 30, "the sources are not read: {planned}");
}

/// Whether a step reads more of a table than what it looks for, or sorts.
fn walks(step: &str) -> bool {
    let scans = step.contains("SCAN deliver") && !step.contains("delivery_queues_unswept");
    // The key alone leads to all that a target has.
    let all_of_target = step.contains("deliveries_1 (target=?)");
    scans || all_of_target || step.contains("TEMP B-TREE")
}

#[test]
fn what_walks_is_recognised() {
    for (step, expected) in [
        ("SCAN deliveries", true),
        ("SCAN deliveries USING INDEX deliveries_sent", true),
        (
            "SEARCH d USING INDEX sqlite_autoindex_deliveries_1 (target=?)",
            true,
        ),
        ("USE TEMP B-TREE FOR ORDER BY", true),
        (
            "SEARCH deliveries USING INDEX sqlite_autoindex_deliveries_1 (target=? AND id=?)",
            false,
        ),
        (
            "SEARCH deliveries USING INDEX deliveries_new (target=? AND lane=?)",
            false,
        ),
    ] {
        assert_eq!(walks(step), expected, "{step}");
    }
}
