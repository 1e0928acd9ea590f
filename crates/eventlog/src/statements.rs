//! Every statement of the log on its own tables.

/// Where the log ends: (epoch, seq).
pub(crate) const HEAD: &str = "SELECT epoch, seq FROM log_head";
pub(crate) const MOVE_HEAD: &str = "UPDATE log_head SET seq = $1";
pub(crate) const BEGIN_EPOCH: &str = "UPDATE log_head SET epoch = epoch + 1";

/// Of several that see the same reason, one begins the next epoch.
pub(crate) const BEGIN_EPOCH_AFTER: &str = "UPDATE log_head SET epoch = epoch + 1 WHERE epoch = $1";

pub(crate) const VERSION: &str = "SELECT version FROM subjects WHERE subject = $1";
pub(crate) const MOVE_SUBJECT: &str = "INSERT INTO subjects (subject, version) VALUES ($1, $2) \
     ON CONFLICT (subject) DO UPDATE SET version = excluded.version";

pub(crate) const HOLDER: &str = "SELECT holder FROM claims WHERE kind = $1 AND key = $2";
pub(crate) const TAKE: &str = "INSERT INTO claims (kind, key, holder) VALUES ($1, $2, $3)";
pub(crate) const RELEASE: &str = "DELETE FROM claims WHERE kind = $1 AND key = $2";
pub(crate) const RELEASE_HELD_BY: &str = "DELETE FROM claims WHERE holder = $1";

pub(crate) const INSERT_EVENT: &str = "INSERT INTO events (seq, id, kind, subject, version, time, class, data) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
pub(crate) const INSERT_PERSONAL: &str =
    "INSERT INTO event_personal (seq, person, data) VALUES ($1, $2, $3)";

/// Events of the whole log in ($1, $2], at most $3.
pub(crate) const EVENTS_AFTER: &str = "SELECT e.seq, e.id, e.kind, e.subject, e.version, e.time, e.class, e.data, p.person, p.data \
     FROM (SELECT * FROM events WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3) e \
     LEFT JOIN event_personal p ON p.seq = e.seq ORDER BY e.seq, p.person";
/// Events of one kind in ($1, $2], at most $3.
pub(crate) const EVENTS_OF_KIND: &str = "SELECT e.seq, e.id, e.kind, e.subject, e.version, e.time, e.class, e.data, p.person, p.data \
     FROM (SELECT * FROM events WHERE kind = $4 AND seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3) e \
     LEFT JOIN event_personal p ON p.seq = e.seq ORDER BY e.seq, p.person";
/// Events of the subject $1 after its version $2, at most $3.
pub(crate) const EVENTS_OF_SUBJECT: &str = "SELECT e.seq, e.id, e.kind, e.subject, e.version, e.time, e.class, e.data, p.person, p.data \
     FROM (SELECT * FROM events WHERE subject = $1 AND version > $2 ORDER BY version LIMIT $3) e \
     LEFT JOIN event_personal p ON p.seq = e.seq ORDER BY e.seq, p.person";

/// Cursors that claim to have read what is not in the log.
pub(crate) const CURSORS_AHEAD: &str =
    "SELECT name FROM cursors WHERE seq > (SELECT seq FROM log_head)";
pub(crate) const SET_CURSORS_BACK: &str = "UPDATE cursors SET seq = (SELECT seq FROM log_head) \
     WHERE seq > (SELECT seq FROM log_head)";

pub(crate) const CURSOR: &str = "SELECT seq FROM cursors WHERE name = $1";
/// Moves the cursor $1 from $6 to $2 under the lease $3 of $4 in its epoch $5.
pub(crate) const ADVANCE: &str = "INSERT INTO cursors (name, seq) \
     SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT) WHERE EXISTS (SELECT 1 FROM leases \
         WHERE name = $3 AND owner = $4 AND epoch = $5 AND expires > db_now()) \
     ON CONFLICT (name) DO UPDATE SET seq = excluded.seq WHERE cursors.seq = $6";

/// Gives the lease $1 to $2 for $3 µs, unless another has it.
pub(crate) const LEASE: &str = "INSERT INTO leases (name, owner, epoch, expires) \
     VALUES ($1, $2, 1, db_now() + $3) \
     ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires = excluded.expires, \
         epoch = CASE WHEN leases.owner = excluded.owner AND leases.expires > db_now() \
             THEN leases.epoch ELSE leases.epoch + 1 END \
     WHERE leases.owner = excluded.owner OR leases.expires <= db_now()";
pub(crate) const LEASE_EPOCH: &str = "SELECT epoch FROM leases WHERE name = $1 AND owner = $2";
/// Live leases with names in [$1, $2).
pub(crate) const LEASES: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM leases \
     WHERE name >= $1 AND name < $2 AND expires > db_now()";
/// The row stays: an epoch is never given twice.
pub(crate) const RELEASE_LEASE: &str =
    "UPDATE leases SET expires = 0 WHERE name = $1 AND owner = $2 AND epoch = $3";
pub(crate) const RELEASE_OF: &str =
    "UPDATE leases SET expires = 0 WHERE owner = $1 AND expires > 0";
pub(crate) const RELEASE_ALL: &str = "UPDATE leases SET expires = 0 WHERE expires > 0";

/// The first $2 events of class activity of the subject $1.
pub(crate) const ACTIVITY: &str =
    "SELECT seq FROM events WHERE subject = $1 AND class = 1 ORDER BY version LIMIT $2";
pub(crate) const REMOVE_PERSONAL: &str = "DELETE FROM event_personal WHERE seq IN \
     (SELECT seq FROM events WHERE subject = $1 AND class = 1 AND seq <= $2)";
pub(crate) const REMOVE_EVENTS: &str =
    "DELETE FROM events WHERE subject = $1 AND class = 1 AND seq <= $2";
pub(crate) const FORGET_SUBJECT: &str = "DELETE FROM subjects WHERE subject = $1 \
     AND NOT EXISTS (SELECT 1 FROM events WHERE events.subject = subjects.subject)";

pub(crate) const FORGET: &str = "DELETE FROM event_personal WHERE person = $1";

/// For [`Log::prepare_all`](crate::Log::prepare_all).
pub(crate) const ALL: &[&str] = &[
    HEAD,
    MOVE_HEAD,
    BEGIN_EPOCH,
    BEGIN_EPOCH_AFTER,
    VERSION,
    MOVE_SUBJECT,
    HOLDER,
    TAKE,
    RELEASE,
    RELEASE_HELD_BY,
    INSERT_EVENT,
    INSERT_PERSONAL,
    EVENTS_AFTER,
    EVENTS_OF_KIND,
    EVENTS_OF_SUBJECT,
    CURSORS_AHEAD,
    SET_CURSORS_BACK,
    CURSOR,
    ADVANCE,
    LEASE,
    LEASE_EPOCH,
    LEASES,
    RELEASE_LEASE,
    RELEASE_OF,
    RELEASE_ALL,
    ACTIVITY,
    REMOVE_PERSONAL,
    REMOVE_EVENTS,
    FORGET_SUBJECT,
    FORGET,
];
