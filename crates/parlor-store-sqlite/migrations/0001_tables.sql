-- Times are microseconds since 1970, ids the 16 bytes of a UUID, lists of names are joined by line
-- feeds (no name holds one). Numbers that stand for words: codec.rs.

CREATE TABLE worlds (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,
    paused INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE conversations (
    seq          INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE,
    world        INTEGER NOT NULL,
    kind         INTEGER NOT NULL,
    status       INTEGER NOT NULL,
    exchanges    INTEGER NOT NULL,
    carried      INTEGER NOT NULL,
    asides       INTEGER NOT NULL,
    parent       BLOB,
    participants TEXT NOT NULL,
    topic        TEXT,
    created_at   INTEGER NOT NULL,
    ended_at     INTEGER
) STRICT;

-- An index ends with the rowid, so these also give the order in which conversations were opened.
CREATE INDEX conversations_by_world ON conversations (world);
CREATE INDEX conversations_active ON conversations (world) WHERE status = 0;
CREATE INDEX conversations_by_parent ON conversations (parent) WHERE parent IS NOT NULL;

-- `seq` is the place in the log of changes, shared with `happenings`.
--
-- There is no index on `id`: it would cost the hot path more than all else together (a random page
-- per message), and a message is only ever looked up within its conversation, near its end. That a
-- line is there once is the work of the guard; for the rest there is `messages_not_lines`.
CREATE TABLE messages (
    seq          INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL,
    world        INTEGER NOT NULL,
    id           BLOB NOT NULL,
    kind         INTEGER NOT NULL,
    ord          INTEGER NOT NULL,
    role         INTEGER NOT NULL,
    fallback     INTEGER NOT NULL,
    sentiment    REAL NOT NULL,
    created_at   INTEGER NOT NULL,
    speaker      TEXT NOT NULL,
    addressees   TEXT NOT NULL,
    audience     TEXT NOT NULL,
    heard_from   TEXT NOT NULL,
    text         TEXT NOT NULL
) STRICT;

CREATE INDEX messages_by_conversation ON messages (conversation);
CREATE INDEX messages_by_world ON messages (world);
CREATE UNIQUE INDEX messages_not_lines ON messages (id) WHERE kind <> 0;

-- What happened besides messages: opened, closed, paused, resumed.
CREATE TABLE happenings (
    seq          INTEGER PRIMARY KEY,
    kind         INTEGER NOT NULL,
    world        INTEGER NOT NULL,
    conversation INTEGER,
    exchanges    INTEGER NOT NULL DEFAULT 0,
    at           INTEGER NOT NULL
) STRICT;

-- `taken_at` is NULL for a row that is parked.
CREATE TABLE outbox (
    seq          INTEGER PRIMARY KEY,
    id           BLOB NOT NULL,
    world        INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    taken_at     INTEGER,
    inbox        TEXT NOT NULL,
    conversation BLOB NOT NULL,
    recipient    TEXT NOT NULL,
    sent_at      INTEGER NOT NULL,
    traceparent  TEXT NOT NULL,
    kind         INTEGER NOT NULL,
    data         TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX outbox_by_id ON outbox (id);
CREATE INDEX outbox_parked ON outbox (world, due_at) WHERE taken_at IS NULL;

-- `event` and what follows hold the outbox row of a letter that is ours; NULL for foreign ones.
CREATE TABLE dead_letters (
    world        INTEGER NOT NULL,
    id           TEXT NOT NULL,
    inbox        TEXT NOT NULL,
    reason       TEXT NOT NULL,
    at           INTEGER NOT NULL,
    headers      TEXT NOT NULL,
    body         TEXT NOT NULL,
    event        BLOB,
    row_inbox    TEXT,
    conversation BLOB,
    recipient    TEXT,
    sent_at      INTEGER,
    traceparent  TEXT,
    kind         INTEGER,
    data         TEXT,
    PRIMARY KEY (world, id)
) STRICT;

CREATE TABLE idempotency_keys (
    key    TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (at);
