-- The log's own tables, in the portable subset (see README.md). Applied as the first migration.

-- One row: where the log ends, and which history it belongs to.
CREATE TABLE log_head (
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL
);
INSERT INTO log_head (epoch, seq) VALUES (1, 0);

CREATE TABLE events (
    seq BIGINT PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    version BIGINT NOT NULL,
    time BIGINT NOT NULL,
    class BIGINT NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (subject, version)
);
CREATE INDEX events_kind ON events (kind, seq);

-- What can be forgotten, beside the event that never changes.
CREATE TABLE event_personal (
    seq BIGINT NOT NULL,
    person TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (seq, person)
) CLUSTERED;
CREATE INDEX event_personal_person ON event_personal (person);

CREATE TABLE subjects (
    subject TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
) CLUSTERED;

CREATE TABLE claims (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    holder TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) CLUSTERED;
CREATE INDEX claims_holder ON claims (holder);

CREATE TABLE cursors (
    name TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL
) CLUSTERED;

-- `expires` is µs since 1970 on the database's clock.
CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    expires BIGINT NOT NULL
) CLUSTERED;

-- PostgreSQL only: the last transaction of each session, so that a commit whose answer was lost
-- can be settled.
CREATE TABLE commits (
    session TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL
);
