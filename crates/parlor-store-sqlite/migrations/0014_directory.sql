-- Bots that come and go while a world runs.

-- Grows with every change of who is in a world's directory.
CREATE TABLE directory_versions (
    world   TEXT PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who holds bots. After `until` they are gone.
CREATE TABLE bot_hosts (
    id      BLOB PRIMARY KEY,
    seen_at INTEGER NOT NULL,
    until   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX bot_hosts_by_end ON bot_hosts (until);

-- `key_digest` is the SHA-256 of the key by which a program from outside speaks for the bot.
CREATE TABLE bots (
    world      TEXT NOT NULL,
    name       TEXT NOT NULL,
    host       BLOB NOT NULL,
    since      INTEGER NOT NULL,
    dialect    TEXT,
    key_digest BLOB,
    PRIMARY KEY (world, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX bots_by_host ON bots (host);
