-- derived: Shared Signals streams; `settings` is JSON
CREATE TABLE streams (
    id TEXT PRIMARY KEY,
    client TEXT NOT NULL,
    settings TEXT NOT NULL,
    has_authorization BIGINT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    stopped_by_operator BIGINT NOT NULL,
    created BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX streams_client ON streams (client);

-- derived: whom a stream was told to hear of, or no more
CREATE TABLE stream_subjects (
    stream TEXT NOT NULL,
    user_id TEXT NOT NULL,
    included BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (stream, user_id)
);
CREATE INDEX stream_subjects_user ON stream_subjects (user_id);

-- derived: signals from outside, until they leave the log
CREATE TABLE signals (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    reported BIGINT NOT NULL
);
CREATE INDEX signals_reported ON signals (reported);

-- secret: the Authorization header of a push endpoint, sealed under the master key
CREATE TABLE stream_authorizations (
    stream TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
);

-- ephemeral: when a receiver was last heard of, and when it last asked for verification
CREATE TABLE stream_activity (
    stream TEXT PRIMARY KEY,
    seen BIGINT NOT NULL,
    verified BIGINT NOT NULL,
    poll BIGINT NOT NULL
);

-- which clients took part in a session, when it has ended and its grants with it
CREATE INDEX grants_of_session ON grants (session);
