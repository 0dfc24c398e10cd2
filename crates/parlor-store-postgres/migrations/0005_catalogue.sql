-- Characters that come to a world while its server runs.

CREATE TABLE catalogue_versions (
    world   text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE catalogue_versions IS 'Numbers that grow with every change of a world''s catalogue.';

CREATE TABLE catalogue (
    world      text COLLATE "C" NOT NULL,
    slug       text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    version    bigint      NOT NULL,
    added_at   timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    card_bytes bigint      NOT NULL,
    picture_bytes bigint,
    card       text        NOT NULL,
    picture    bytea,
    PRIMARY KEY (world, slug),
    UNIQUE (world, name)
);
COMMENT ON TABLE catalogue IS 'Characters that came to a world while its server ran.';
COMMENT ON COLUMN catalogue.version IS 'The catalogue''s, as the latest change of this row made it.';
COMMENT ON COLUMN catalogue.card IS 'JSON, as text: it is kept to the byte.';
COMMENT ON COLUMN catalogue.picture IS 'The picture''s file; null: there is none.';
COMMENT ON COLUMN catalogue_versions.world IS 'The world''s slug.';
COMMENT ON COLUMN catalogue_versions.version IS 'Counts the changes of the world''s catalogue.';
COMMENT ON COLUMN catalogue.world IS 'The world''s slug.';
COMMENT ON COLUMN catalogue.slug IS 'The character''s name in URLs and files.';
COMMENT ON COLUMN catalogue.name IS 'The character''s display name.';
COMMENT ON COLUMN catalogue.added_at IS 'When the character came.';
COMMENT ON COLUMN catalogue.changed_at IS 'When the card was last replaced.';
COMMENT ON COLUMN catalogue.card_bytes IS 'Size of the card in bytes.';
COMMENT ON COLUMN catalogue.picture_bytes IS 'Size of the picture in bytes.';
