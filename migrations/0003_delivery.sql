-- ephemeral: where things are delivered to, one queue each; `pending` counts what waits, `lost` what was
-- dropped unsent, `arrived` everything that ever came
CREATE TABLE delivery_queues (
    target TEXT PRIMARY KEY,
    shard BIGINT NOT NULL,
    -- the position of the log at which it began: it is not told of anything before
    since BIGINT NOT NULL,
    -- whether we send (1) or the other side fetches (0)
    pushed BIGINT NOT NULL,
    -- when there is something to look at, in µs
    due BIGINT NOT NULL,
    -- not to be tried before, after failures of the other side
    not_before BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    arrived BIGINT NOT NULL,
    pending BIGINT NOT NULL,
    lost BIGINT NOT NULL
);
CREATE INDEX delivery_queues_due ON delivery_queues (shard, due) WHERE pushed = 1;

-- ephemeral: what is delivered; `state` is pending_new, pending_failed, sent or dead; `signed` is the
-- form that was tried first, by the key `kid`
CREATE TABLE deliveries (
    target TEXT NOT NULL,
    id TEXT NOT NULL,
    position BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    user_id TEXT,
    kind TEXT NOT NULL,
    -- goes out though the target is held
    control BIGINT NOT NULL,
    body TEXT NOT NULL,
    signed TEXT,
    kid TEXT,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    due BIGINT NOT NULL,
    created BIGINT NOT NULL,
    settled BIGINT,
    answer TEXT,
    PRIMARY KEY (target, id)
);
CREATE INDEX deliveries_new ON deliveries (target, position, ordinal) WHERE state = 'pending_new';
CREATE INDEX deliveries_failed ON deliveries (target, due) WHERE state = 'pending_failed';
CREATE INDEX deliveries_oldest ON deliveries (target, created)
    WHERE state IN ('pending_new', 'pending_failed');
CREATE INDEX deliveries_dead ON deliveries (target, settled) WHERE state = 'dead';
CREATE INDEX deliveries_sent ON deliveries (settled) WHERE state = 'sent';
CREATE INDEX deliveries_user ON deliveries (user_id) WHERE user_id IS NOT NULL;
