-- Journeys: who is where, and how they came there. Characters and places by their slugs.

CREATE TABLE journey_runs (
    world    text        NOT NULL,
    number   bigint      NOT NULL,
    id       uuid        NOT NULL UNIQUE,
    began_at timestamptz NOT NULL,
    PRIMARY KEY (world, number)
);
COMMENT ON TABLE journey_runs IS 'Runs of a world''s journeys; the one with the greatest number is the world''s.';
COMMENT ON COLUMN journey_runs.world IS 'The world''s slug.';
COMMENT ON COLUMN journey_runs.number IS '1, 2, .. in each world.';
COMMENT ON COLUMN journey_runs.id IS 'The run''s id.';
COMMENT ON COLUMN journey_runs.began_at IS 'When everybody was at home and the first groups set out.';

CREATE TABLE whereabouts (
    world     text        NOT NULL,
    character text COLLATE "C" NOT NULL,
    run       uuid        NOT NULL,
    place     text        NOT NULL,
    state     text        NOT NULL CHECK (state IN ('sent', 'arrived')),
    move      uuid,
    moves     bigint      NOT NULL,
    tired     bigint      NOT NULL,
    since     timestamptz NOT NULL,
    xact      xid8        NOT NULL,
    PRIMARY KEY (world, character)
) WITH (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000,
    autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX whereabouts_by_place ON whereabouts (world, place, state, since);
COMMENT ON TABLE whereabouts IS 'Where everybody is: one row for each, so that nobody is in two places.';
COMMENT ON COLUMN whereabouts.world IS 'The world''s slug.';
COMMENT ON COLUMN whereabouts.character IS 'The character''s slug.';
COMMENT ON COLUMN whereabouts.run IS 'The run in which they are there.';
COMMENT ON COLUMN whereabouts.place IS 'Where they are, or where they go.';
COMMENT ON COLUMN whereabouts.state IS 'sent (on their way) or arrived.';
COMMENT ON COLUMN whereabouts.move IS 'Their latest move; null before the first.';
COMMENT ON COLUMN whereabouts.moves IS 'Moves in this run.';
COMMENT ON COLUMN whereabouts.tired IS 'Moves since they left home.';
COMMENT ON COLUMN whereabouts.since IS 'When they set out or arrived.';
COMMENT ON COLUMN whereabouts.xact IS 'The greatest xact under which a move of theirs was logged.';

CREATE TABLE moves (
    id         uuid        PRIMARY KEY,
    world      text        NOT NULL,
    run        uuid        NOT NULL,
    from_place text,
    to_place   text        NOT NULL,
    state      text        NOT NULL CHECK (state IN ('sent', 'arrived')),
    made_by    text        NOT NULL CHECK (made_by IN ('start', 'script', 'model', 'hand')),
    scene      text        NOT NULL,
    sent_at    timestamptz NOT NULL,
    arrived_at timestamptz,
    data       text        NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX moves_by_run ON moves (run, made_by);
COMMENT ON TABLE moves IS 'Messages from place to place, each with those who travel in it.';
COMMENT ON COLUMN moves.id IS 'The move''s id, and that of its envelope.';
COMMENT ON COLUMN moves.world IS 'The world''s slug.';
COMMENT ON COLUMN moves.run IS 'The run that it belongs to.';
COMMENT ON COLUMN moves.from_place IS 'From where; null at the start of a group.';
COMMENT ON COLUMN moves.to_place IS 'To where.';
COMMENT ON COLUMN moves.state IS 'sent or arrived.';
COMMENT ON COLUMN moves.made_by IS 'Who decided: start (of a group: nobody moves), script, model or hand.';
COMMENT ON COLUMN moves.scene IS 'What happened where they come from.';
COMMENT ON COLUMN moves.sent_at IS 'When they set out.';
COMMENT ON COLUMN moves.arrived_at IS 'When the place received them.';
COMMENT ON COLUMN moves.data IS 'The move as JSON, as it set out.';

CREATE TABLE travellers (
    run       uuid   NOT NULL,
    character text COLLATE "C" NOT NULL,
    nth       bigint NOT NULL,
    move      uuid   NOT NULL,
    PRIMARY KEY (run, character, nth)
);
COMMENT ON TABLE travellers IS 'Who travelled in which move: the journey of each character.';
COMMENT ON COLUMN travellers.run IS 'The run.';
COMMENT ON COLUMN travellers.character IS 'The character''s slug.';
COMMENT ON COLUMN travellers.nth IS '1, 2, .. without gap: which of their moves in the run.';
COMMENT ON COLUMN travellers.move IS 'The move.';

ALTER TABLE happenings
    ADD COLUMN moved json,
    DROP CONSTRAINT happenings_what_check,
    ADD CONSTRAINT happenings_what_check
        CHECK (what IN ('opened', 'closed', 'paused', 'resumed', 'paced', 'moved'));
COMMENT ON COLUMN happenings.what IS 'opened, closed (a conversation), paused, resumed or paced (the world), moved (some characters set out or arrived).';
COMMENT ON COLUMN happenings.moved IS 'The move as it was then.';

CREATE VIEW "State" AS
    WITH placed AS (SELECT * FROM whereabouts)
    SELECT world,
           character,
           place AS location,
           state,
           moves,
           since AS "updatedAt"
    FROM placed;
COMMENT ON VIEW "State" IS 'Where every character is, and whether they are there or on their way.';

CREATE VIEW "History" AS
    WITH gone AS (SELECT t.run, t.character, t.nth, m.* FROM travellers t JOIN moves m ON m.id = t.move)
    SELECT world,
           character,
           nth        AS step,
           from_place AS "from",
           to_place   AS "to",
           state,
           scene,
           sent_at    AS "sentAt",
           arrived_at AS "arrivedAt"
    FROM gone;
COMMENT ON VIEW "History" IS 'Every move of every character, in all runs.';

-- Writes arrivals and the moves that they lead to, each under its guard: the move that arrives is on its
-- way in the world's run, and everybody who leaves is at the place that they leave. Gives for each step
-- whether its guard held; where it did not, nothing of it is written.
--
-- All rows of a batch are locked first, in the order of their keys, so that batches never lock each other
-- out; the batch's number is drawn after that. Changes are logged under the greatest xact that any of
-- these characters has seen.
CREATE FUNCTION write_moves(steps jsonb) RETURNS boolean[] LANGUAGE plpgsql AS $$
DECLARE
    step     jsonb;
    made     jsonb;
    arriving record;
    held     boolean[] := '{}';
    holds    boolean;
    base     bigint;
    place_in bigint := 0;
    logged   xid8;
    gone     bigint;
    now_at   timestamptz;
    arrives  uuid;
    this_run uuid;
BEGIN
    PERFORM 1 FROM moves m
    WHERE m.id IN (SELECT (s ->> 'arrives')::uuid FROM jsonb_array_elements(steps) s)
    ORDER BY m.id FOR NO KEY UPDATE;
    SELECT max(locked.xact::text::bigint)::text::xid8 INTO logged FROM (
        SELECT w.xact FROM whereabouts w
        JOIN (
            SELECT s ->> 'world' AS world, who #>> '{}' AS character
            FROM jsonb_array_elements(steps) s, jsonb_array_elements(s -> 'moves') m,
                jsonb_array_elements(m -> 'who') who
            UNION
            SELECT a.world, c ->> 'slug' FROM jsonb_array_elements(steps) s
            JOIN moves a ON a.id = (s ->> 'arrives')::uuid,
                jsonb_array_elements(a.data::jsonb -> 'characters') c
        ) u ON u.world = w.world AND u.character = w.character
        ORDER BY w.world, w.character FOR NO KEY UPDATE OF w
    ) locked;
    logged := GREATEST(pg_current_xact_id(), logged);
    base := nextval('change_batches') * 65536;
    FOR step IN SELECT * FROM jsonb_array_elements(steps) LOOP
        arrives := (step ->> 'arrives')::uuid;
        this_run := (step ->> 'run')::uuid;
        now_at := (step ->> 'at')::timestamptz;
        holds := this_run = (SELECT r.id FROM journey_runs r WHERE r.world = step ->> 'world'
            ORDER BY r.number DESC LIMIT 1);
        IF arrives IS NOT NULL THEN
            SELECT m.state, m.run, m.data::jsonb AS data INTO arriving FROM moves m
            WHERE m.id = arrives;
            holds := holds AND FOUND AND arriving.state = 'sent' AND arriving.run = this_run;
        END IF;
        FOR made IN SELECT * FROM jsonb_array_elements(step -> 'moves') LOOP
            SELECT count(*) INTO gone FROM whereabouts w
            WHERE w.world = step ->> 'world' AND w.run = this_run AND w.place = made ->> 'from'
                AND w.character IN (SELECT jsonb_array_elements_text(made -> 'who'))
                AND (w.state = 'arrived' OR w.move = arrives);
            holds := holds AND gone = jsonb_array_length(made -> 'who');
        END LOOP;
        held := held || coalesce(holds, false);
        CONTINUE WHEN holds IS NOT TRUE;
        IF arrives IS NOT NULL THEN
            UPDATE moves SET state = 'arrived', arrived_at = now_at WHERE id = arrives;
            UPDATE whereabouts w SET state = 'arrived', since = now_at, xact = logged
            WHERE w.world = step ->> 'world' AND w.move = arrives AND w.state = 'sent'
                AND w.character IN (
                    SELECT c ->> 'slug' FROM jsonb_array_elements(arriving.data -> 'characters') c);
            INSERT INTO happenings (xact, seq, world, what, carried, logged_at, moved)
            VALUES (logged, base + place_in, step ->> 'world', 'moved', 0, now_at,
                (arriving.data || jsonb_build_object('state', 'arrived', 'arrivedAt', step -> 'at'))::json);
            place_in := place_in + 1;
        END IF;
        FOR made IN SELECT * FROM jsonb_array_elements(step -> 'moves') LOOP
            INSERT INTO moves (id, world, run, from_place, to_place, state, made_by, scene, sent_at, data)
            VALUES ((made ->> 'id')::uuid, step ->> 'world', this_run, made ->> 'from', made ->> 'to',
                'sent', made ->> 'by', made ->> 'scene', now_at, made ->> 'data');
            WITH left_now AS (
                UPDATE whereabouts w SET place = made ->> 'to', state = 'sent',
                    move = (made ->> 'id')::uuid, moves = w.moves + 1, tired = u.tired::bigint,
                    since = now_at, xact = logged
                FROM (
                    SELECT who.character, t.tired
                    FROM jsonb_array_elements_text(made -> 'who') WITH ORDINALITY who (character, n)
                    JOIN jsonb_array_elements_text(made -> 'tired') WITH ORDINALITY t (tired, n) USING (n)
                ) u
                WHERE w.world = step ->> 'world' AND w.character = u.character
                RETURNING w.character, w.moves
            )
            INSERT INTO travellers (run, character, nth, move)
            SELECT this_run, l.character, l.moves, (made ->> 'id')::uuid FROM left_now l;
            INSERT INTO happenings (xact, seq, world, what, carried, logged_at, moved)
            VALUES (logged, base + place_in, step ->> 'world', 'moved', 0, now_at, (made ->> 'data')::json);
            place_in := place_in + 1;
        END LOOP;
    END LOOP;
    RETURN held;
END
$$;
COMMENT ON FUNCTION write_moves IS 'Writes arrivals and the moves that they lead to, each under its guard.';
