-- What people say to characters, and what these answer.

-- `status` is 0 while it is active, 1 when it is closed; active ones have a lease.
CREATE TABLE sessions (
    seq         INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE,
    world       TEXT NOT NULL,
    character   TEXT NOT NULL,
    owner       BLOB NOT NULL,
    username    TEXT NOT NULL,
    title       TEXT,
    status      INTEGER NOT NULL,
    lines       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    lease_until INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_by_owner ON sessions (owner, seq);
CREATE INDEX sessions_by_lease ON sessions (lease_until) WHERE status = 0;

-- `ord` counts 1..n; `role` is 0 for the character, 1 for the person.
CREATE TABLE session_lines (
    session  INTEGER NOT NULL REFERENCES sessions (seq),
    ord      INTEGER NOT NULL,
    id       BLOB NOT NULL,
    role     INTEGER NOT NULL,
    fallback INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    text     TEXT NOT NULL,
    PRIMARY KEY (session, ord)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX session_lines_by_id ON session_lines (session, id);
