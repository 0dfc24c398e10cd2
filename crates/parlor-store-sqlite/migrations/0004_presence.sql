-- Roles that tell of themselves, paces that people set, and how long a message's way took.

-- `report` is JSON, as the role told it. `seen_at` is NULL for one that never told anything yet,
-- `supervised_at` for one without a supervisor.
CREATE TABLE presence (
    id            BLOB PRIMARY KEY,
    report        TEXT NOT NULL,
    began_at      INTEGER NOT NULL,
    seen_at       INTEGER,
    ended         INTEGER NOT NULL DEFAULT 0,
    supervised_at INTEGER,
    stopped       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Microseconds; NULL where nobody has set one.
ALTER TABLE worlds ADD COLUMN pace INTEGER;
-- What the pace became.
ALTER TABLE happenings ADD COLUMN pace INTEGER;
-- Four packed numbers (parlor_model::Legs).
ALTER TABLE messages ADD COLUMN legs INTEGER;
