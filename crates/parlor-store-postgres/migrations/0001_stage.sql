-- The stage: worlds, what is said in them, and what is on its way.

-- Numbers batches of changes. A change's seq is this times 65536 plus its place in the batch.
CREATE SEQUENCE change_batches AS bigint;

CREATE TABLE worlds (
    slug       text        PRIMARY KEY,
    paused     boolean     NOT NULL,
    changed_at timestamptz NOT NULL
);
COMMENT ON TABLE worlds IS 'Worlds that were paused at some time. One that is not here runs.';
COMMENT ON COLUMN worlds.slug IS 'The world''s name in URLs and files.';
COMMENT ON COLUMN worlds.paused IS 'Nothing is said in it while this is true.';
COMMENT ON COLUMN worlds.changed_at IS 'When it was last paused or resumed.';

-- A conversation is updated with every line: room in the page, and no index on what changes, keep
-- those updates heap-only. Closing, once in its life, is the exception (see the ACTIVE index).
CREATE TABLE conversations (
    id             uuid        PRIMARY KEY,
    seq            bigint      NOT NULL,
    world          text        NOT NULL,
    kind           text        NOT NULL
        CHECK (kind IN ('duet', 'side', 'group', 'scene', 'feed', 'session')),
    parent_id      uuid,
    status         text        NOT NULL CHECK (status IN ('ACTIVE', 'CLOSED')),
    participants   text[]      NOT NULL,
    topic          text,
    exchanges      bigint      NOT NULL,
    carried        bigint      NOT NULL,
    message_count  bigint      NOT NULL,
    aside_count    bigint      NOT NULL,
    messages_since timestamptz NOT NULL,
    messages_until timestamptz NOT NULL,
    xact           xid8        NOT NULL,
    created_at     timestamptz NOT NULL,
    ended_at       timestamptz
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX conversations_by_world ON conversations (world, seq);
CREATE INDEX conversations_by_seq ON conversations (seq);
CREATE INDEX conversations_by_parent ON conversations (parent_id, seq) WHERE parent_id IS NOT NULL;
CREATE INDEX conversations_active ON conversations (world, seq) WHERE status = 'ACTIVE';
COMMENT ON TABLE conversations IS 'Conversations of all worlds.';
COMMENT ON COLUMN conversations.id IS 'The conversation''s id, and that of its trace.';
COMMENT ON COLUMN conversations.world IS 'The world''s slug.';
COMMENT ON COLUMN conversations.seq IS 'Order of opening, over all worlds; lists show the greatest first.';
COMMENT ON COLUMN conversations.kind IS 'duet, side (gossip), group, scene, feed or session.';
COMMENT ON COLUMN conversations.parent_id IS 'The conversation that this side thread branched off from.';
COMMENT ON COLUMN conversations.status IS 'ACTIVE, or CLOSED: nothing more is said.';
COMMENT ON COLUMN conversations.participants IS 'Display names, the one who opened it first.';
COMMENT ON COLUMN conversations.topic IS 'What it is about.';
COMMENT ON COLUMN conversations.exchanges IS 'Exchanges so far, those carried over from the parent among them.';
COMMENT ON COLUMN conversations.carried IS 'The exchanges that it began with.';
COMMENT ON COLUMN conversations.message_count IS 'Messages stored, asides among them: the position of the latest.';
COMMENT ON COLUMN conversations.aside_count IS 'Asides stored.';
COMMENT ON COLUMN conversations.messages_since IS 'No message of it is older; with messages_until tells which partitions hold them.';
COMMENT ON COLUMN conversations.messages_until IS 'No message of it is younger.';
COMMENT ON COLUMN conversations.xact IS 'The greatest xact under which a change of it was logged.';
COMMENT ON COLUMN conversations.created_at IS 'When it was opened.';
COMMENT ON COLUMN conversations.ended_at IS 'When it was closed.';

CREATE TABLE messages (
    conversation_id   uuid             NOT NULL,
    position          bigint           NOT NULL,
    created_at        timestamptz      NOT NULL,
    id                uuid             NOT NULL,
    seq               bigint           NOT NULL,
    xact              xid8             NOT NULL,
    world             text             NOT NULL,
    parent_id         uuid,
    conversation_kind text             NOT NULL,
    line_order        bigint           NOT NULL,
    sender            text             NOT NULL,
    recipients        text[]           NOT NULL,
    body              text             NOT NULL,
    kind              text             NOT NULL CHECK (kind IN ('line', 'aside', 'scene')),
    role              text             NOT NULL CHECK (role IN ('ai', 'user')),
    sentiment         double precision NOT NULL,
    heard_from        text[]           NOT NULL,
    fallback          boolean          NOT NULL,
    audience          text[]           NOT NULL,
    PRIMARY KEY (conversation_id, position, created_at)
) PARTITION BY RANGE (created_at);
-- What no month's partition takes (made ahead by the server) lands here, so that a write never fails.
CREATE TABLE messages_default PARTITION OF messages DEFAULT;
CREATE INDEX messages_by_change ON messages (xact, seq);
CREATE INDEX messages_by_world ON messages (world, seq);
CREATE INDEX messages_asides ON messages (conversation_id, id) WHERE kind = 'aside';
COMMENT ON TABLE messages IS 'Everything said, one partition a month (UTC). An old month is archived with ALTER TABLE messages DETACH PARTITION messages_y2026m01 CONCURRENTLY.';
COMMENT ON COLUMN messages.conversation_id IS 'Where it was said.';
COMMENT ON COLUMN messages.position IS '1..n over everything stored in the conversation, asides among it.';
COMMENT ON COLUMN messages.created_at IS 'When it was said.';
COMMENT ON COLUMN messages.id IS 'The message''s id, derived from the event that caused it.';
COMMENT ON COLUMN messages.seq IS 'Order of storing, over all worlds.';
COMMENT ON COLUMN messages.xact IS 'Orders the log of changes: the writing transaction, or a later one that the conversation had seen. Complete below pg_snapshot_xmin(pg_current_snapshot()).';
COMMENT ON COLUMN messages.world IS 'The world''s slug.';
COMMENT ON COLUMN messages.parent_id IS 'The conversation''s parent, for a side thread.';
COMMENT ON COLUMN messages.conversation_kind IS 'The conversation''s kind.';
COMMENT ON COLUMN messages.line_order IS '1..n over the lines of the conversation; asides count for themselves.';
COMMENT ON COLUMN messages.sender IS 'Who said it (display name).';
COMMENT ON COLUMN messages.recipients IS 'To whom (display names).';
COMMENT ON COLUMN messages.body IS 'The words.';
COMMENT ON COLUMN messages.kind IS 'line, aside (a comment from outside) or scene.';
COMMENT ON COLUMN messages.role IS 'ai or user.';
COMMENT ON COLUMN messages.sentiment IS 'VADER compound score, -1 (furious) to 1 (delighted).';
COMMENT ON COLUMN messages.heard_from IS 'For hearsay: who told it, then who told them, back to who said it first.';
COMMENT ON COLUMN messages.fallback IS 'The dialect that was asked for failed and another one spoke.';
COMMENT ON COLUMN messages.audience IS 'Everybody who said, heard or overheard it; nobody else''s memory holds it.';

-- Every row lives for moments: vacuum by count, not by share, and at full speed.
CREATE TABLE outbox (
    id              uuid        PRIMARY KEY,
    world           text        NOT NULL,
    inbox           text        NOT NULL,
    due_at          timestamptz NOT NULL,
    parked          boolean     NOT NULL,
    taken_at        timestamptz NOT NULL,
    kind            text        NOT NULL,
    conversation_id uuid        NOT NULL,
    recipient       text        NOT NULL,
    occurred_at     timestamptz NOT NULL,
    traceparent     text        NOT NULL,
    data            text        NOT NULL
) WITH (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000,
    autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX outbox_parked ON outbox (world, due_at) WHERE parked;
-- Rows in hand are here only after somebody took them; a commit writes its own as a bundle.
CREATE INDEX outbox_in_hand ON outbox (world, due_at) WHERE NOT parked;
COMMENT ON TABLE outbox IS 'Envelopes that are still to be sent (CloudEvents).';
COMMENT ON COLUMN outbox.id IS 'The event''s id.';
COMMENT ON COLUMN outbox.world IS 'The world''s slug.';
COMMENT ON COLUMN outbox.inbox IS 'The queue or topic that it goes to.';
COMMENT ON COLUMN outbox.due_at IS 'Not to be sent before.';
COMMENT ON COLUMN outbox.parked IS 'True: waits for a relay. False: in hand, some process is sending it.';
COMMENT ON COLUMN outbox.taken_at IS 'When it was stored, or last taken in hand.';
COMMENT ON COLUMN outbox.kind IS 'The event''s type.';
COMMENT ON COLUMN outbox.conversation_id IS 'The event''s subject.';
COMMENT ON COLUMN outbox.recipient IS 'Slug of the character that it is for.';
COMMENT ON COLUMN outbox.occurred_at IS 'The event''s time.';
COMMENT ON COLUMN outbox.traceparent IS 'W3C trace context.';
COMMENT ON COLUMN outbox.data IS 'The event''s data: JSON, as text so that nobody parses it on its way.';

-- What one commit has in hand, written and deleted as one row. Nobody reads it while its process
-- lives; when it is gone, its rows are put into the outbox one by one. Compressing it would cost more
-- than it saves: it is gone before it is read.
CREATE TABLE outbox_bundles (
    id       bigint      PRIMARY KEY,
    world    text        NOT NULL,
    due_at   timestamptz NOT NULL,
    taken_at timestamptz NOT NULL,
    size     bigint      NOT NULL,
    rows     text        NOT NULL
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0
);
ALTER TABLE outbox_bundles ALTER COLUMN rows SET STORAGE EXTERNAL;
CREATE INDEX outbox_bundles_by_age ON outbox_bundles (world, taken_at);
COMMENT ON TABLE outbox_bundles IS 'Envelopes that a living process is sending, a commit''s at a time.';
COMMENT ON COLUMN outbox_bundles.id IS 'The number of the commit''s batch times 65536, plus its place in it.';
COMMENT ON COLUMN outbox_bundles.world IS 'The world''s slug.';
COMMENT ON COLUMN outbox_bundles.due_at IS 'When the first of them is due.';
COMMENT ON COLUMN outbox_bundles.taken_at IS 'When it was stored.';
COMMENT ON COLUMN outbox_bundles.size IS 'How many envelopes it holds.';
COMMENT ON COLUMN outbox_bundles.rows IS 'The envelopes as JSON; one that tells of a message names it.';

CREATE TABLE dead_letters (
    world    text        NOT NULL,
    id       text        NOT NULL,
    inbox    text        NOT NULL,
    reason   text        NOT NULL,
    put_at   timestamptz NOT NULL,
    headers  json        NOT NULL,
    body     text        NOT NULL,
    sendable json,
    PRIMARY KEY (world, id)
);
CREATE INDEX dead_letters_by_age ON dead_letters (world, put_at, id);
COMMENT ON TABLE dead_letters IS 'Messages that can never succeed, for buses that keep none themselves.';
COMMENT ON COLUMN dead_letters.world IS 'The world in whose dead letters it lies.';
COMMENT ON COLUMN dead_letters.id IS 'The event''s id, or a digest of a foreign body.';
COMMENT ON COLUMN dead_letters.inbox IS 'Where it was.';
COMMENT ON COLUMN dead_letters.reason IS 'Why it was put aside.';
COMMENT ON COLUMN dead_letters.put_at IS 'When it was put aside.';
COMMENT ON COLUMN dead_letters.headers IS 'Its attributes: a list of [name, value].';
COMMENT ON COLUMN dead_letters.body IS 'Its data as text.';
COMMENT ON COLUMN dead_letters.sendable IS 'The whole envelope, to send it again; null for a foreign one.';

CREATE TABLE happenings (
    xact            xid8        NOT NULL,
    seq             bigint      NOT NULL,
    world           text        NOT NULL,
    what            text        NOT NULL CHECK (what IN ('opened', 'closed', 'paused', 'resumed')),
    conversation_id uuid,
    conversation    json,
    carried         bigint      NOT NULL,
    logged_at       timestamptz NOT NULL,
    PRIMARY KEY (xact, seq)
);
COMMENT ON TABLE happenings IS 'With messages, the log of changes that live views follow.';
COMMENT ON COLUMN happenings.xact IS 'As messages.xact.';
COMMENT ON COLUMN happenings.seq IS 'As messages.seq.';
COMMENT ON COLUMN happenings.world IS 'The world''s slug.';
COMMENT ON COLUMN happenings.what IS 'opened, closed (a conversation), paused or resumed (the world).';
COMMENT ON COLUMN happenings.conversation_id IS 'Which conversation.';
COMMENT ON COLUMN happenings.conversation IS 'The conversation as it was then.';
COMMENT ON COLUMN happenings.carried IS 'The exchanges that the conversation began with.';
COMMENT ON COLUMN happenings.logged_at IS 'When it was stored.';

CREATE TABLE idempotency_keys (
    key     text        PRIMARY KEY,
    digest  text        NOT NULL,
    used_at timestamptz NOT NULL
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (used_at);
COMMENT ON TABLE idempotency_keys IS 'Keys of requests of the last day.';
COMMENT ON COLUMN idempotency_keys.key IS 'As the caller gave it.';
COMMENT ON COLUMN idempotency_keys.digest IS 'Digest of the request that first used it.';
COMMENT ON COLUMN idempotency_keys.used_at IS 'When that was.';

-- Read-only (a WITH makes a view so) names that the simulations' own tools use.
CREATE VIEW "Logs" AS
    WITH said AS (SELECT * FROM messages)
    SELECT id,
           conversation_id                   AS "conversationId",
           sender                            AS "from",
           array_to_string(recipients, ', ') AS "to",
           body                              AS message,
           line_order                        AS step,
           created_at                        AS "createdAt"
    FROM said;
COMMENT ON VIEW "Logs" IS 'Everything said: who, to whom, what, which step of the conversation.';

CREATE VIEW conversation_messages AS
    WITH said AS (SELECT * FROM messages)
    SELECT conversation_id,
           position AS message_order,
           sender,
           body,
           sentiment,
           created_at
    FROM said;
COMMENT ON VIEW conversation_messages IS 'The messages of conversations in the order they were stored.';
