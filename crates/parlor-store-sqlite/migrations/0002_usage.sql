-- Language models. `day` counts days since 1970 (UTC).

-- What is spent of a day's budget, what processes have set aside included.
CREATE TABLE llm_budgets (
    world  INTEGER NOT NULL,
    day    INTEGER NOT NULL,
    calls  INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    PRIMARY KEY (world, day)
) STRICT, WITHOUT ROWID;

-- Figures for people, each a row: a new one needs no new column.
CREATE TABLE llm_usage (
    world   INTEGER NOT NULL,
    day     INTEGER NOT NULL,
    model   TEXT    NOT NULL,
    counter TEXT    NOT NULL,
    value   INTEGER NOT NULL,
    PRIMARY KEY (world, day, model, counter)
) STRICT, WITHOUT ROWID;
