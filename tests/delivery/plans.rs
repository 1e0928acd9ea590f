//! No statement of the engine walks through a queue: a million that wait cost the others nothing.

use crate::state::statements::{sources, statements_of};
use crate::support::{Realm, TestApp};

#[tokio::test]
async fn no_statement_walks_through_a_queue() {
    let app = TestApp::on_sqlite(Realm::Founded).await.unwrap();
    let mut planned = 0;
    for (path, source) in sources() {
        if !path.starts_with("delivery") {
            continue;
        }
        for sql in statements_of(&source) {
            planned += 1;
            for step in app.log.query_plan(&sql).unwrap() {
                // Of a queue that has ended all goes, a page at a time.
                let may = is_by_target(&step) && path == "delivery/sweep.rs";
                assert!(may || !walks(&step), "{path}: {sql}\n{step}");
            }
        }
    }
    assert!(planned > 30, "the sources are not read: {planned}");
}

/// Whether a step reads more of a table than what it looks for, or sorts.
fn walks(step: &str) -> bool {
    let scans = step.contains("SCAN deliver") && !step.contains("delivery_queues_unswept");
    scans || is_by_target(step) || step.contains("TEMP B-TREE")
}

/// Whether a step reads all that a target has.
fn is_by_target(step: &str) -> bool {
    step.contains("deliveries_1 (target=?)")
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
