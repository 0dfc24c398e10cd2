-- Who is where, and how they came there. Characters and places by their slugs. What the numbers in
-- `state` and `made_by` stand for: codec.rs.

-- Runs of a world's journeys; the one with the greatest number is the world's.
CREATE TABLE journey_runs (
    world  INTEGER NOT NULL,
    number INTEGER NOT NULL,
    id     BLOB NOT NULL UNIQUE,
    at     INTEGER NOT NULL,
    PRIMARY KEY (world, number)
) STRICT, WITHOUT ROWID;

-- One row for everybody: nobody is in two places.
CREATE TABLE whereabouts (
    world     INTEGER NOT NULL,
    character TEXT NOT NULL,
    run       BLOB NOT NULL,
    place     TEXT NOT NULL,
    state     INTEGER NOT NULL,
    move      BLOB,
    moves     INTEGER NOT NULL,
    tired     INTEGER NOT NULL,
    since     INTEGER NOT NULL,
    PRIMARY KEY (world, character)
) STRICT, WITHOUT ROWID;

CREATE INDEX whereabouts_by_place ON whereabouts (world, place, state, since);

-- `data` is the move as JSON, as it set out.
CREATE TABLE moves (
    seq        INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    world      INTEGER NOT NULL,
    run        BLOB NOT NULL,
    state      INTEGER NOT NULL,
    made_by    INTEGER NOT NULL,
    arrived_at INTEGER,
    data       TEXT NOT NULL
) STRICT;

CREATE INDEX moves_by_run ON moves (run, made_by);

-- The n-th move of somebody in a run.
CREATE TABLE travellers (
    run       BLOB NOT NULL,
    character TEXT NOT NULL,
    nth       INTEGER NOT NULL,
    move      INTEGER NOT NULL,
    PRIMARY KEY (run, character, nth)
) STRICT, WITHOUT ROWID;

ALTER TABLE happenings ADD COLUMN moved TEXT;
