//! The schema: the log's own, then ours, forward only.

use eventlog::{LOG_SCHEMA, Migration};

/// Every migration, in order.
pub const MIGRATIONS: [Migration; 2] = [
    Migration {
        number: 1,
        name: "log",
        sql: LOG_SCHEMA,
    },
    Migration {
        number: 2,
        name: "state",
        sql: include_str!("../migrations/0002_state.sql"),
    },
];
