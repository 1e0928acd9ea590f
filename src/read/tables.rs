//! What each table is, for `chancery verify`, erasure and the sweeps.

use eventlog::{DbError, Row};

/// What a table holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A function of the log: rebuilt and compared, all of it.
    Derived(Scan),
    /// Never in the log: its presence is checked against a derived table, both ways.
    Secret {
        /// Reads the keys that may have a row here, each with 1 if it must, or 0.
        expected: Scan,
        /// Reads the keys that have one, each with 1.
        present: Scan,
    },
    /// Not part of the history: not compared.
    Ephemeral,
}

/// Reads a table in the order of its key, a page at a time: no statement takes long, however large the
/// table is.
#[derive(Debug, Clone, Copy)]
pub struct Scan {
    /// `$1` is the most rows, `$2` and on the key to begin with.
    pub sql: &'static str,
    /// How many columns, from the first, are the key. All are text.
    pub keys: usize,
}

impl Scan {
    /// The key of one of its rows.
    pub fn key(self, row: &Row) -> Result<Vec<&str>, DbError> {
        (0..self.keys).map(|column| row.text(column)).collect()
    }
}

/// One table of the state.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

const fn derived(name: &'static str, keys: usize, sql: &'static str) -> Table {
    let kind = Kind::Derived(Scan { sql, keys });
    Table { name, kind }
}

const fn secret(name: &'static str, expected: &'static str, present: &'static str) -> Table {
    let kind = Kind::Secret {
        expected: Scan {
            sql: expected,
            keys: 1,
        },
        present: Scan {
            sql: present,
            keys: 1,
        },
    };
    Table { name, kind }
}

const fn ephemeral(name: &'static str) -> Table {
    let kind = Kind::Ephemeral;
    Table { name, kind }
}

/// Every table of the state. A test compares this list with the database's own.
pub const TABLES: &[Table] = &[
    derived(
        "claims",
        2,
        "SELECT kind, key, holder FROM claims \
         WHERE (kind, key) >= ($2, $3) ORDER BY kind, key LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "realm",
        1,
        "SELECT CAST(id AS TEXT), issuer, created, version FROM realm \
         WHERE CAST(id AS TEXT) >= $2 ORDER BY CAST(id AS TEXT) LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "users",
        1,
        "SELECT id, kind, enabled, has_password, must_change_password, username, details, \
         created, updated, version FROM users \
         WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "deleted_users",
        1,
        "SELECT id, deleted, version FROM deleted_users \
         WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "groups",
        1,
        "SELECT id, name, created, version FROM groups \
         WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "group_nestings",
        2,
        "SELECT parent, child FROM group_nestings \
         WHERE (parent, child) >= ($2, $3) ORDER BY parent, child LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "memberships",
        2,
        "SELECT group_id, user_id, expires, added, version FROM memberships \
         WHERE (group_id, user_id) >= ($2, $3) \
         ORDER BY group_id, user_id LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "apis",
        1,
        "SELECT id, identifier, settings, has_credential, created, version FROM apis \
         WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "api_scopes",
        2,
        "SELECT api, scope, description FROM api_scopes \
         WHERE (api, scope) >= ($2, $3) ORDER BY api, scope LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "api_ceilings",
        3,
        "SELECT api, holder, subject, ceiling FROM api_ceilings \
         WHERE (api, holder, subject) >= ($2, $3, $4) \
         ORDER BY api, holder, subject LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "api_rules",
        1,
        "SELECT id, api, scope, principal FROM api_rules \
         WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "clients",
        1,
        "SELECT id, settings, created, version FROM clients \
         WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "client_secrets",
        1,
        "SELECT id, client, added FROM client_secrets \
         WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "consents",
        2,
        "SELECT user_id, client, granted, given, version FROM consents \
         WHERE (user_id, client) >= ($2, $3) ORDER BY user_id, client LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "sessions",
        1,
        "SELECT id, user_id, started, auth_time, amr, expires, ended, end_reason, ip, \
         user_agent, version FROM sessions \
         WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "grants",
        1,
        "SELECT id, user_id, client, session, granted, offline, created, expires, revoked, \
         revoke_reason, version FROM grants \
         WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "signing_keys",
        1,
        "SELECT kid, alg, phase, since, version FROM signing_keys \
         WHERE kid >= $2 ORDER BY kid LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "streams",
        1,
        "SELECT id, client, settings, has_authorization, status, reason, stopped_by_operator, created, \
         version FROM streams WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "stream_subjects",
        2,
        "SELECT stream, user_id, included, version FROM stream_subjects \
         WHERE (stream, user_id) >= ($2, $3) ORDER BY stream, user_id LIMIT CAST($1 AS BIGINT)",
    ),
    derived(
        "signals",
        1,
        "SELECT id, user_id, reported FROM signals \
         WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
    ),
    secret(
        "passwords",
        "SELECT id, has_password FROM users \
         WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
        "SELECT user_id, 1 FROM passwords \
         WHERE user_id >= $2 ORDER BY user_id LIMIT CAST($1 AS BIGINT)",
    ),
    secret(
        "client_secret_hashes",
        "SELECT id, 1 FROM client_secrets WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
        "SELECT id, 1 FROM client_secret_hashes \
         WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
    ),
    secret(
        "api_credentials",
        "SELECT id, has_credential FROM apis \
         WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
        "SELECT api, 1 FROM api_credentials \
         WHERE api >= $2 ORDER BY api LIMIT CAST($1 AS BIGINT)",
    ),
    secret(
        "signing_key_material",
        "SELECT kid, 1 FROM signing_keys \
         WHERE kid >= $2 ORDER BY kid LIMIT CAST($1 AS BIGINT)",
        "SELECT kid, 1 FROM signing_key_material \
         WHERE kid >= $2 ORDER BY kid LIMIT CAST($1 AS BIGINT)",
    ),
    secret(
        "session_secrets",
        "SELECT id, ended IS NULL FROM sessions \
         WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
        "SELECT session, 1 FROM session_secrets \
         WHERE session >= $2 ORDER BY session LIMIT CAST($1 AS BIGINT)",
    ),
    secret(
        "root_secrets",
        "SELECT 'root', 1 FROM realm WHERE 'root' >= $2 LIMIT CAST($1 AS BIGINT)",
        "SELECT name, 1 FROM root_secrets \
         WHERE name >= $2 ORDER BY name LIMIT CAST($1 AS BIGINT)",
    ),
    secret(
        "stream_authorizations",
        "SELECT id, has_authorization FROM streams \
         WHERE id >= $2 ORDER BY id LIMIT CAST($1 AS BIGINT)",
        "SELECT stream, 1 FROM stream_authorizations \
         WHERE stream >= $2 ORDER BY stream LIMIT CAST($1 AS BIGINT)",
    ),
    ephemeral("delivery_queues"),
    ephemeral("deliveries"),
    ephemeral("stream_activity"),
    ephemeral("session_uses"),
    ephemeral("codes"),
    ephemeral("refresh_families"),
    ephemeral("revoked_tokens"),
    ephemeral("used_values"),
    ephemeral("throttles"),
    ephemeral("setup_links"),
    ephemeral("applied_realm"),
    ephemeral("config_head"),
];

/// Deletes the rows of each ephemeral table whose time is over; `$1` is now, in µs.
pub const SWEEPS: &[&str] = &[
    "DELETE FROM session_uses WHERE expires < $1 \
     AND session NOT IN (SELECT id FROM sessions WHERE ended IS NULL)",
    "DELETE FROM codes WHERE expires < $1",
    "DELETE FROM refresh_families WHERE expires < $1",
    "DELETE FROM revoked_tokens WHERE expires < $1",
    "DELETE FROM used_values WHERE expires < $1",
    "DELETE FROM throttles WHERE expires < $1",
    "DELETE FROM setup_links WHERE expires < $1",
];
