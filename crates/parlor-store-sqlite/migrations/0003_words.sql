-- Lines by their words. A row's id is `messages.seq`; its terms are words as the program cuts them,
-- and marks (beginning with '_') of its world and of who knows of it. The index keeps no text, no
-- places and no lengths: the program reads those from the message.
CREATE VIRTUAL TABLE line_words USING fts5(
    terms, content='', columnsize=0, detail=none, tokenize="ascii tokenchars '_'"
);

-- In how many lines of a world a word is.
CREATE TABLE word_counts (
    world INTEGER NOT NULL,
    word  TEXT NOT NULL,
    lines INTEGER NOT NULL,
    PRIMARY KEY (world, word)
) STRICT, WITHOUT ROWID;

-- Lines that are indexed, and the words in them.
CREATE TABLE word_volumes (
    world INTEGER PRIMARY KEY,
    lines INTEGER NOT NULL,
    words INTEGER NOT NULL
) STRICT;

-- One row: up to which message (`seq`) lines are indexed.
CREATE TABLE words_done (
    seq INTEGER NOT NULL
) STRICT;

INSERT INTO words_done (seq) VALUES (0);
