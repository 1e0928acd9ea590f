//! The schema: the log's own, then ours, forward only.

use eventlog::{LOG_SCHEMA, Migration};

/// Every migration, in order.
pub const MIGRATIONS: [Migration; 4] = [
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
    Migration {
        number: 3,
        name: "delivery",
        sql: include_str!("../migrations/0003_delivery.sql"),
    },
    Migration {
        number: 4,
        name: "streams",
        sql: include_str!("../migrations/0004_streams.sql"),
    },
];
