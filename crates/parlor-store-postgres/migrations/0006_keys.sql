-- Keys of worlds that are not open to everybody.

CREATE TABLE api_keys (
    prefix       text COLLATE "C" PRIMARY KEY,
    digest       bytea       NOT NULL,
    name         text        NOT NULL,
    worlds       text[]      NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz
) WITH (fillfactor = 80);
COMMENT ON TABLE api_keys IS 'Keys of worlds that are not open to everybody.';
COMMENT ON COLUMN api_keys.prefix IS 'The part of the key that is shown.';
COMMENT ON COLUMN api_keys.digest IS 'SHA-256 of the key; the key itself is kept nowhere.';
COMMENT ON COLUMN api_keys.worlds IS 'The worlds that it opens; empty: all.';
COMMENT ON COLUMN api_keys.expires_at IS 'From then on it opens nothing; null: never.';
COMMENT ON COLUMN api_keys.last_used_at IS 'To the minute.';
COMMENT ON COLUMN api_keys.name IS 'What people call it.';
COMMENT ON COLUMN api_keys.created_at IS 'When it was made.';
COMMENT ON COLUMN api_keys.revoked_at IS 'When it was revoked; null: it was not.';
