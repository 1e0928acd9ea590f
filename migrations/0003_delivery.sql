-- ephemeral: where things are delivered to, one queue each; `pending` counts what waits, `lost` what was
-- dropped unsent, `arrived` everything that ever came
CREATE TABLE delivery_queues (
    target TEXT PRIMARY KEY,
    shard BIGINT NOT NULL,
    -- the position of the log at which it began: it is not told of anything before
    since BIGINT NOT NULL,
    -- whether we send (1) or the other side fetches (0)
    pushed BIGINT NOT NULL,
    -- it has ended, and goes when all that was in it is gone
    closed BIGINT NOT NULL,
    -- when there is something to look at, in µs
    due BIGINT NOT NULL,
    -- not to be tried before, after failures of the other side
    not_before BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    -- what the other side did last, if it failed
    answer TEXT,
    -- grows when somebody has the queue looked at anew
    woken BIGINT NOT NULL,
    -- what waits in an earlier lane was dropped; lanes before `swept` are empty
    lane BIGINT NOT NULL,
    swept BIGINT NOT NULL,
    arrived BIGINT NOT NULL,
    pending BIGINT NOT NULL,
    lost BIGINT NOT NULL
);
CREATE INDEX delivery_queues_due ON delivery_queues (shard, due, target) WHERE pushed = 1;
CREATE INDEX delivery_queues_unswept ON delivery_queues (target) WHERE swept < lane;

-- ephemeral: what is delivered; `state` is pending_new, pending_failed, sent or dead; `signed` is the
-- form that was tried first, by the key `kid`
CREATE TABLE deliveries (
    target TEXT NOT NULL,
    id TEXT NOT NULL,
    position BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    user_id TEXT,
    kind TEXT NOT NULL,
    -- the queue's when it came; 0: it goes out though the target is held, and is not dropped
    lane BIGINT NOT NULL,
    body TEXT NOT NULL,
    signed TEXT,
    kid TEXT,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    due BIGINT NOT NULL,
    created BIGINT NOT NULL,
    -- when it was tried first
    tried BIGINT,
    settled BIGINT,
    answer TEXT,
    PRIMARY KEY (target, id)
);
CREATE INDEX deliveries_new ON deliveries (target, lane, position, ordinal, id)
    WHERE state = 'pending_new';
CREATE INDEX deliveries_failed ON deliveries (target, lane, due, id) WHERE state = 'pending_failed';
CREATE INDEX deliveries_oldest ON deliveries (target, lane, created)
    WHERE state IN ('pending_new', 'pending_failed');
CREATE INDEX deliveries_settled ON deliveries (target, state, settled, id) WHERE settled IS NOT NULL;
CREATE INDEX deliveries_sent ON deliveries (settled) WHERE state = 'sent';
CREATE INDEX deliveries_user ON deliveries (user_id) WHERE user_id IS NOT NULL;
