-- Roles that tell of themselves, paces that people set, and how long a message's way took.

CREATE TABLE presence (
    id            uuid        PRIMARY KEY,
    report        json        NOT NULL,
    began_at      timestamptz NOT NULL,
    seen_at       timestamptz,
    ended         boolean     NOT NULL DEFAULT false,
    supervised_at timestamptz,
    stopped       boolean     NOT NULL DEFAULT false
) WITH (fillfactor = 50);
COMMENT ON TABLE presence IS 'Role processes, each telling of itself every second.';
COMMENT ON COLUMN presence.id IS 'The role''s place: stays when its supervisor starts it again.';
COMMENT ON COLUMN presence.report IS 'What it told last.';
COMMENT ON COLUMN presence.began_at IS 'When its first process began; orders lists.';
COMMENT ON COLUMN presence.seen_at IS 'When it told that; null: never yet.';
COMMENT ON COLUMN presence.ended IS 'Its process ended since.';
COMMENT ON COLUMN presence.supervised_at IS 'When its supervisor last looked after it; null: it has none.';
COMMENT ON COLUMN presence.stopped IS 'What is wanted of it: true to be stopped, false to run.';

ALTER TABLE worlds ADD COLUMN pace bigint;
COMMENT ON COLUMN worlds.pace IS 'Pause between lines that somebody set, in microseconds; null: the world''s own.';

ALTER TABLE happenings
    ADD COLUMN pace bigint,
    DROP CONSTRAINT happenings_what_check,
    ADD CONSTRAINT happenings_what_check
        CHECK (what IN ('opened', 'closed', 'paused', 'resumed', 'paced'));
COMMENT ON COLUMN happenings.what IS 'opened, closed (a conversation), paused, resumed or paced (the world).';
COMMENT ON COLUMN happenings.pace IS 'What the pace became, in microseconds.';

ALTER TABLE messages ADD COLUMN legs bigint;
COMMENT ON COLUMN messages.legs IS 'How long its way took: four small floating-point numbers of 16 bits (5 of exponent, 11 of mantissa) in microseconds: waited, loaded, decided, spoke.';
