-- Companions of people, what they say among themselves, and the runs that make it.
--
-- What a run writes is not in the log of changes: its messages have places from 2^62 on.

ALTER TABLE conversations ADD COLUMN owner BLOB;
ALTER TABLE conversations ADD COLUMN run BLOB;
ALTER TABLE conversations ADD COLUMN read_at INTEGER;
ALTER TABLE conversations ADD COLUMN details TEXT;
CREATE INDEX conversations_of_owner ON conversations (owner, created_at) WHERE owner IS NOT NULL;

CREATE TABLE conversation_participants (
    conversation INTEGER NOT NULL,
    place        INTEGER NOT NULL,
    companion    BLOB NOT NULL,
    character    TEXT NOT NULL,
    name         TEXT NOT NULL,
    opinion      REAL NOT NULL,
    mood_before  TEXT NOT NULL,
    mood_after   TEXT NOT NULL,
    PRIMARY KEY (conversation, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE households (
    world   INTEGER NOT NULL,
    owner   BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    seen_at INTEGER,
    ties    BLOB NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (world, owner)
) STRICT, WITHOUT ROWID;

CREATE TABLE companions (
    id            BLOB NOT NULL UNIQUE,
    world         INTEGER NOT NULL,
    owner         BLOB NOT NULL,
    number        INTEGER NOT NULL,
    character     TEXT NOT NULL,
    name          TEXT NOT NULL,
    mood          TEXT NOT NULL,
    unhappy_count INTEGER NOT NULL,
    activity      TEXT NOT NULL,
    busy_until    INTEGER,
    team_slot     INTEGER,
    version       INTEGER NOT NULL,
    added_at      INTEGER NOT NULL,
    UNIQUE (world, owner, number),
    FOREIGN KEY (world, owner) REFERENCES households (world, owner) ON DELETE CASCADE
) STRICT;
CREATE INDEX companions_by_mood ON companions (owner, mood);

CREATE TABLE runaways (
    id            BLOB NOT NULL UNIQUE,
    world         INTEGER NOT NULL,
    owner         BLOB NOT NULL,
    number        INTEGER NOT NULL,
    character     TEXT NOT NULL,
    name          TEXT NOT NULL,
    team_slot     INTEGER,
    unhappy_count INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    difficulty    TEXT NOT NULL,
    attempts      INTEGER NOT NULL,
    ran_at        INTEGER NOT NULL,
    run           BLOB NOT NULL,
    UNIQUE (world, owner, number),
    FOREIGN KEY (world, owner) REFERENCES households (world, owner) ON DELETE CASCADE
) STRICT;

CREATE TABLE recovery_attempts (
    owner   BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    key     TEXT NOT NULL,
    made    TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE notifications (
    id         BLOB NOT NULL UNIQUE,
    owner      BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    world      INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    text       TEXT NOT NULL,
    companion  BLOB,
    coins      INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    read_at    INTEGER
) STRICT;
CREATE INDEX notifications_of_owner ON notifications (owner, created_at, id);

CREATE TABLE topic_pool (
    world      INTEGER NOT NULL,
    text       TEXT NOT NULL,
    topic      TEXT NOT NULL,
    added_at   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (world, text)
) STRICT, WITHOUT ROWID;

CREATE TABLE topic_sources (
    world        INTEGER PRIMARY KEY,
    asked_at     INTEGER NOT NULL,
    refreshed_at INTEGER,
    error        TEXT
) STRICT;

CREATE TABLE generation_runs (
    id       BLOB NOT NULL UNIQUE,
    world    INTEGER NOT NULL,
    ordinal  INTEGER NOT NULL,
    seed     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    due_at   INTEGER,
    ended_at INTEGER,
    percent  REAL NOT NULL,
    planned  INTEGER NOT NULL,
    status   TEXT NOT NULL,
    UNIQUE (world, ordinal),
    UNIQUE (world, due_at)
) STRICT;

-- `tally` is NULL while the batch is not done.
CREATE TABLE generation_batches (
    run           BLOB NOT NULL,
    number        INTEGER NOT NULL,
    first_owner   BLOB NOT NULL,
    last_owner    BLOB NOT NULL,
    claimed_until INTEGER,
    tries         INTEGER NOT NULL DEFAULT 0,
    tally         TEXT,
    PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX generation_batches_left ON generation_batches (run, number) WHERE tally IS NULL;

CREATE TABLE leases (
    name       TEXT PRIMARY KEY,
    holder     BLOB NOT NULL,
    held_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
