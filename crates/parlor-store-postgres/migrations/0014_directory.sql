-- Bots that come and go while a world runs.

CREATE TABLE directory_versions (
    world   text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE directory_versions IS 'Numbers that grow with every change of who is in a world''s directory.';
COMMENT ON COLUMN directory_versions.world IS 'The world''s slug.';
COMMENT ON COLUMN directory_versions.version IS 'Counts the changes of the world''s directory.';

CREATE TABLE bot_hosts (
    id      uuid        PRIMARY KEY,
    seen_at timestamptz NOT NULL,
    until   timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE bot_hosts IS 'Who holds bots: a process, or the connection of a program from outside.';
COMMENT ON COLUMN bot_hosts.id IS 'The host.';
COMMENT ON COLUMN bot_hosts.seen_at IS 'When it was last heard of.';
COMMENT ON COLUMN bot_hosts.until IS 'When its bots are gone unless it is heard of again.';

CREATE TABLE bots (
    world      text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    host       uuid        NOT NULL,
    since      timestamptz NOT NULL,
    dialect    text,
    key_digest bytea,
    PRIMARY KEY (world, name)
);
CREATE INDEX bots_by_host ON bots (host);
COMMENT ON TABLE bots IS 'The directory: bots, each held by a host.';
COMMENT ON COLUMN bots.world IS 'The world''s slug.';
COMMENT ON COLUMN bots.name IS 'The bot''s name.';
COMMENT ON COLUMN bots.host IS 'Who holds it.';
COMMENT ON COLUMN bots.since IS 'When it came.';
COMMENT ON COLUMN bots.dialect IS 'Its dialect; null: the world''s for bots.';
COMMENT ON COLUMN bots.key_digest IS 'SHA-256 of the key by which a program from outside speaks for it; null: its host does.';
