-- derived: the realm itself, one row
CREATE TABLE realm (
    id BIGINT PRIMARY KEY,
    issuer TEXT NOT NULL,
    created BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- derived: users and service accounts; `details` is JSON of all personal values
CREATE TABLE users (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    has_password BIGINT NOT NULL,
    must_change_password BIGINT NOT NULL,
    username TEXT NOT NULL,
    details TEXT NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    version BIGINT NOT NULL
) CLUSTERED;
CREATE INDEX users_username ON users (username);

-- derived: accounts that are gone, so that they can still be erased
CREATE TABLE deleted_users (
    id TEXT PRIMARY KEY,
    deleted BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- derived
CREATE TABLE groups (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX groups_name ON groups (name);

-- derived: members of the child are members of the parent
CREATE TABLE group_nestings (
    parent TEXT NOT NULL,
    child TEXT NOT NULL,
    PRIMARY KEY (parent, child)
);

-- derived: direct memberships
CREATE TABLE memberships (
    group_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    expires BIGINT,
    added BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (group_id, user_id)
) CLUSTERED;
CREATE INDEX memberships_user ON memberships (user_id, expires);
CREATE INDEX memberships_due ON memberships (expires) WHERE expires IS NOT NULL;

-- derived: `settings` is JSON
CREATE TABLE apis (
    id TEXT PRIMARY KEY,
    identifier TEXT NOT NULL,
    settings TEXT NOT NULL,
    has_credential BIGINT NOT NULL,
    created BIGINT NOT NULL,
    version BIGINT NOT NULL
);
-- derived
CREATE TABLE api_scopes (
    api TEXT NOT NULL,
    scope TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (api, scope)
);
-- derived: `holder` and `ceiling` are JSON
CREATE TABLE api_ceilings (
    api TEXT NOT NULL,
    holder TEXT NOT NULL,
    subject TEXT NOT NULL,
    ceiling TEXT NOT NULL,
    PRIMARY KEY (api, holder, subject)
);
-- derived: `principal` is JSON
CREATE TABLE api_rules (
    id TEXT PRIMARY KEY,
    api TEXT NOT NULL,
    scope TEXT,
    principal TEXT NOT NULL
);
CREATE INDEX api_rules_api ON api_rules (api);

-- derived: `settings` is JSON
CREATE TABLE clients (
    id TEXT PRIMARY KEY,
    settings TEXT NOT NULL,
    created BIGINT NOT NULL,
    version BIGINT NOT NULL
);
-- derived: which secrets there are
CREATE TABLE client_secrets (
    id TEXT PRIMARY KEY,
    client TEXT NOT NULL,
    added BIGINT NOT NULL
);
CREATE INDEX client_secrets_client ON client_secrets (client);

-- derived: `granted` is JSON
CREATE TABLE consents (
    user_id TEXT NOT NULL,
    client TEXT NOT NULL,
    granted TEXT NOT NULL,
    given BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (user_id, client)
);
CREATE INDEX consents_client ON consents (client);

-- derived
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    started BIGINT NOT NULL,
    auth_time BIGINT NOT NULL,
    amr TEXT NOT NULL,
    expires BIGINT NOT NULL,
    ended BIGINT,
    end_reason TEXT,
    ip TEXT,
    user_agent TEXT,
    version BIGINT NOT NULL
) CLUSTERED;
CREATE INDEX sessions_user ON sessions (user_id, ended);
CREATE INDEX sessions_due ON sessions (expires) WHERE ended IS NULL;
CREATE INDEX sessions_ended ON sessions (ended) WHERE ended IS NOT NULL;

-- derived: `granted` is JSON
CREATE TABLE grants (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    client TEXT NOT NULL,
    session TEXT NOT NULL,
    granted TEXT NOT NULL,
    offline BIGINT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    revoked BIGINT,
    revoke_reason TEXT,
    version BIGINT NOT NULL
) CLUSTERED;
CREATE INDEX grants_user ON grants (user_id, client) WHERE revoked IS NULL;
CREATE INDEX grants_session ON grants (session) WHERE revoked IS NULL;
CREATE INDEX grants_client ON grants (client) WHERE revoked IS NULL;
CREATE INDEX grants_due ON grants (expires) WHERE revoked IS NULL;
CREATE INDEX grants_revoked ON grants (revoked) WHERE revoked IS NOT NULL;

-- derived
CREATE TABLE signing_keys (
    kid TEXT PRIMARY KEY,
    alg TEXT NOT NULL,
    phase TEXT NOT NULL,
    since BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- secret: Argon2id in PHC form
CREATE TABLE passwords (
    user_id TEXT PRIMARY KEY,
    phc TEXT NOT NULL
);
-- secret: SHA-256 of a random secret
CREATE TABLE client_secret_hashes (
    id TEXT PRIMARY KEY,
    hash BLOB NOT NULL
);
-- secret: SHA-256 of a random secret
CREATE TABLE api_credentials (
    api TEXT PRIMARY KEY,
    hash BLOB NOT NULL
);
-- secret: PKCS#8, sealed under the master key
CREATE TABLE signing_key_material (
    kid TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
);
-- secret: SHA-256 of the browser's cookie
CREATE TABLE session_secrets (
    session TEXT PRIMARY KEY,
    hash BLOB NOT NULL
);
CREATE UNIQUE INDEX session_secrets_hash ON session_secrets (hash);
-- secret: random roots that purpose keys are derived from, sealed under the master key
CREATE TABLE root_secrets (
    name TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
);

-- ephemeral: when a live session was last used, and when it ends if it is not used again
CREATE TABLE session_uses (
    session TEXT PRIMARY KEY,
    used BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX session_uses_expires ON session_uses (expires);
-- ephemeral: authorization codes, by SHA-256; kept after their time, so that a replay is known;
-- `request` is JSON of what was authorized
CREATE TABLE codes (
    hash BLOB PRIMARY KEY,
    grant_id TEXT NOT NULL,
    client TEXT NOT NULL,
    request TEXT NOT NULL,
    redeemed BIGINT,
    expires BIGINT NOT NULL
);
CREATE INDEX codes_expires ON codes (expires);
-- ephemeral: refresh tokens, one family for each grant; a token is derived from grant and generation,
-- so none is stored; `request` is JSON of what every answer repeats
CREATE TABLE refresh_families (
    grant_id TEXT PRIMARY KEY,
    generation BIGINT NOT NULL,
    rotated BIGINT NOT NULL,
    request TEXT NOT NULL,
    idle_expires BIGINT NOT NULL,
    expires BIGINT NOT NULL
) CLUSTERED;
CREATE INDEX refresh_families_expires ON refresh_families (expires);
-- ephemeral: access tokens revoked one by one, until they expire
CREATE TABLE revoked_tokens (
    jti TEXT PRIMARY KEY,
    expires BIGINT NOT NULL
) CLUSTERED;
CREATE INDEX revoked_tokens_expires ON revoked_tokens (expires);
-- ephemeral: single-use values of others (client assertions), until they expire
CREATE TABLE used_values (
    value TEXT PRIMARY KEY,
    expires BIGINT NOT NULL
);
CREATE INDEX used_values_expires ON used_values (expires);
-- ephemeral: failed guesses: until when a bucket has been paid for
CREATE TABLE throttles (
    bucket TEXT PRIMARY KEY,
    expires BIGINT NOT NULL
);
CREATE INDEX throttles_expires ON throttles (expires);
-- ephemeral: one-time links to become the administrator, by SHA-256
CREATE TABLE setup_links (
    hash BLOB PRIMARY KEY,
    expires BIGINT NOT NULL
);
-- ephemeral: the realm file as applied last, without secrets, for the three-way merge
CREATE TABLE applied_realm (
    id BIGINT PRIMARY KEY,
    document TEXT NOT NULL
);
-- ephemeral: the last position that changed configuration, so that nodes need not read the log to know
CREATE TABLE config_head (
    id BIGINT PRIMARY KEY,
    seq BIGINT NOT NULL
);
INSERT INTO config_head (id, seq) VALUES (1, 0);
