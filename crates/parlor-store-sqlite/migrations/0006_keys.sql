-- Keys of worlds that are not open to everybody.

-- `digest` is SHA-256 of the key. `worlds` are the slugs that it opens, a blank between them; empty
-- for all.
CREATE TABLE api_keys (
    prefix       TEXT PRIMARY KEY,
    digest       BLOB NOT NULL,
    name         TEXT NOT NULL,
    worlds       TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER
) STRICT, WITHOUT ROWID;
