-- Lines by their words, kept apart from the lines: it is filled behind the hot path, a while after a
-- line was said.
CREATE TABLE line_words (
    seq             bigint      PRIMARY KEY,
    world           text        NOT NULL,
    conversation_id uuid        NOT NULL,
    position        bigint      NOT NULL,
    created_at      timestamptz NOT NULL,
    terms           tsvector    NOT NULL
);
CREATE INDEX line_words_by_term ON line_words USING gin (terms)
    WITH (fastupdate = on, gin_pending_list_limit = 512);
CREATE INDEX line_words_by_world ON line_words (world, seq);
COMMENT ON TABLE line_words IS 'What each line is found by.';
COMMENT ON COLUMN line_words.seq IS 'As messages.seq.';
COMMENT ON COLUMN line_words.world IS 'The world''s slug.';
COMMENT ON COLUMN line_words.conversation_id IS 'With position and created_at: the line.';
COMMENT ON COLUMN line_words.position IS 'As messages.position.';
COMMENT ON COLUMN line_words.created_at IS 'As messages.created_at.';
COMMENT ON COLUMN line_words.terms IS 'Words as the program cuts them (not as PostgreSQL would), and marks that begin with _ of its world and of who knows of it.';

CREATE TABLE word_counts (
    world text   NOT NULL,
    word  text   NOT NULL,
    lines bigint NOT NULL,
    PRIMARY KEY (world, word)
) WITH (fillfactor = 70);
COMMENT ON TABLE word_counts IS 'How common words are.';
COMMENT ON COLUMN word_counts.world IS 'The world''s slug.';
COMMENT ON COLUMN word_counts.word IS 'The word.';
COMMENT ON COLUMN word_counts.lines IS 'Lines that have it.';

CREATE TABLE word_volumes (
    world text   PRIMARY KEY,
    lines bigint NOT NULL,
    words bigint NOT NULL
);
COMMENT ON TABLE word_volumes IS 'How much of each world is indexed.';
COMMENT ON COLUMN word_volumes.world IS 'The world''s slug.';
COMMENT ON COLUMN word_volumes.lines IS 'Lines.';
COMMENT ON COLUMN word_volumes.words IS 'Words in them.';

-- Whoever indexes locks the row; the others see that and leave it to them.
CREATE TABLE words_done (
    xact xid8   NOT NULL,
    seq  bigint NOT NULL
);
INSERT INTO words_done (xact, seq) VALUES ('0', 0);
COMMENT ON TABLE words_done IS 'One row: the change up to which lines are indexed.';
COMMENT ON COLUMN words_done.xact IS 'As messages.xact.';
COMMENT ON COLUMN words_done.seq IS 'As messages.seq.';
