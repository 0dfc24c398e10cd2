-- Language models: budgets and figures. Days are days of UTC.

CREATE TABLE llm_budgets (
    world  text   NOT NULL,
    day    date   NOT NULL,
    calls  bigint NOT NULL,
    tokens bigint NOT NULL,
    PRIMARY KEY (world, day)
) WITH (fillfactor = 50);
COMMENT ON TABLE llm_budgets IS 'What is spent of a day''s budget, what processes have set aside included.';
COMMENT ON COLUMN llm_budgets.world IS 'The world''s slug.';
COMMENT ON COLUMN llm_budgets.day IS 'Day of UTC.';
COMMENT ON COLUMN llm_budgets.calls IS 'Requests to a provider.';
COMMENT ON COLUMN llm_budgets.tokens IS 'Tokens read and written.';

CREATE TABLE llm_usage (
    world   text   NOT NULL,
    day     date   NOT NULL,
    model   text   NOT NULL,
    counter text   NOT NULL,
    value   bigint NOT NULL,
    PRIMARY KEY (world, day, model, counter)
) WITH (fillfactor = 50);
CREATE INDEX llm_usage_by_day ON llm_usage (day);
COMMENT ON TABLE llm_usage IS 'What language models were asked for and gave: a row for each figure.';
COMMENT ON COLUMN llm_usage.world IS 'The world''s slug.';
COMMENT ON COLUMN llm_usage.day IS 'Day of UTC.';
COMMENT ON COLUMN llm_usage.model IS 'Provider and model.';
COMMENT ON COLUMN llm_usage.counter IS 'calls, tokens_in, tokens_out, fallbacks, failed.KIND, latency_us (the sum), latency_ms.N (replies up to so slow).';
COMMENT ON COLUMN llm_usage.value IS 'How much.';
