//! What each table is, for `chancery verify`, erasure and the sweeps.

/// What a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A function of the log: rebuilt and compared.
    Derived,
    /// Never in the log: its presence is checked against a derived table, both ways.
    Secret {
        /// Selects the keys that must have a row here.
        expected: &'static str,
        /// Selects the keys that have one.
        present: &'static str,
    },
    /// Not part of the history: not compared.
    Ephemeral,
}

/// One table of the state.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// For derived tables: reads all of it in key order.
    pub select: &'static str,
}

const fn derived(name: &'static str, select: &'static str) -> Table {
    Table {
        name,
        kind: Kind::Derived,
        select,
    }
}

const fn secret(name: &'static str, expected: &'static str, present: &'static str) -> Table {
    Table {
        name,
        kind: Kind::Secret { expected, present },
        select: "",
    }
}

const fn ephemeral(name: &'static str) -> Table {
    Table {
        name,
        kind: Kind::Ephemeral,
        select: "",
    }
}

/// Every table of the state. A test compares this list with the database's own.
pub const TABLES: &[Table] = &[
    derived(
        "claims",
        "SELECT kind, key, holder FROM claims ORDER BY kind, key",
    ),
    derived(
        "realm",
        "SELECT id, issuer, created, version FROM realm ORDER BY id",
    ),
    derived(
        "users",
        "SELECT id, kind, enabled, has_password, must_change_password, username, details, created, \
         updated, version FROM users ORDER BY id",
    ),
    derived(
        "deleted_users",
        "SELECT id, deleted, version FROM deleted_users ORDER BY id",
    ),
    derived(
        "groups",
        "SELECT id, name, created, version FROM groups ORDER BY id",
    ),
    derived(
        "group_nestings",
        "SELECT parent, child FROM group_nestings ORDER BY parent, child",
    ),
    derived(
        "memberships",
        "SELECT group_id, user_id, expires, added, version FROM memberships ORDER BY group_id, user_id",
    ),
    derived(
        "apis",
        "SELECT id, identifier, settings, has_credential, created, version FROM apis ORDER BY id",
    ),
    derived(
        "api_scopes",
        "SELECT api, scope, description FROM api_scopes ORDER BY api, scope",
    ),
    derived(
        "api_ceilings",
        "SELECT api, holder, subject, ceiling FROM api_ceilings ORDER BY api, holder, subject",
    ),
    derived(
        "api_rules",
        "SELECT id, api, scope, principal FROM api_rules ORDER BY id",
    ),
    derived(
        "clients",
        "SELECT id, settings, created, version FROM clients ORDER BY id",
    ),
    derived(
        "client_secrets",
        "SELECT id, client, added FROM client_secrets ORDER BY id",
    ),
    derived(
        "consents",
        "SELECT user_id, client, granted, given, version FROM consents ORDER BY user_id, client",
    ),
    derived(
        "sessions",
        "SELECT id, user_id, started, auth_time, amr, expires, ended, end_reason, ip, user_agent, \
         version FROM sessions ORDER BY id",
    ),
    derived(
        "grants",
        "SELECT id, user_id, client, session, granted, offline, created, expires, revoked, \
         revoke_reason, version FROM grants ORDER BY id",
    ),
    derived(
        "signing_keys",
        "SELECT kid, alg, phase, since, version FROM signing_keys ORDER BY kid",
    ),
    secret(
        "passwords",
        "SELECT id FROM users WHERE has_password = 1 ORDER BY id",
        "SELECT user_id FROM passwords ORDER BY user_id",
    ),
    secret(
        "client_secret_hashes",
        "SELECT id FROM client_secrets ORDER BY id",
        "SELECT id FROM client_secret_hashes ORDER BY id",
    ),
    secret(
        "api_credentials",
        "SELECT id FROM apis WHERE has_credential = 1 ORDER BY id",
        "SELECT api FROM api_credentials ORDER BY api",
    ),
    secret(
        "signing_key_material",
        "SELECT kid FROM signing_keys ORDER BY kid",
        "SELECT kid FROM signing_key_material ORDER BY kid",
    ),
    secret(
        "session_secrets",
        "SELECT id FROM sessions WHERE ended IS NULL ORDER BY id",
        "SELECT session FROM session_secrets ORDER BY session",
    ),
    secret(
        "root_secrets",
        "SELECT 'root' FROM realm",
        "SELECT name FROM root_secrets ORDER BY name",
    ),
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
