-- Characters that come to a world while its server runs.

-- Grows with every change of a world's catalogue.
CREATE TABLE catalogue_versions (
    world   TEXT PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `version` is the catalogue's, as the latest change of this row made it. `card` is JSON.
CREATE TABLE catalogue (
    world         TEXT NOT NULL,
    slug          TEXT NOT NULL,
    name          TEXT NOT NULL,
    version       INTEGER NOT NULL,
    added_at      INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    card_bytes    INTEGER NOT NULL,
    picture_bytes INTEGER,
    card          TEXT NOT NULL,
    PRIMARY KEY (world, slug),
    UNIQUE (world, name)
) STRICT;

CREATE TABLE catalogue_pictures (
    world   TEXT NOT NULL,
    slug    TEXT NOT NULL,
    picture BLOB NOT NULL,
    PRIMARY KEY (world, slug)
) STRICT;
