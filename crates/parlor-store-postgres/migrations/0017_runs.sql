-- A companion's id follows from its world, owner and number, which are unique: a run that changes
-- hundreds of thousands of companions writes one index less, the one that is scattered most.

ALTER TABLE companions
    DROP CONSTRAINT companions_pkey,
    DROP CONSTRAINT companions_world_owner_number_key,
    ADD PRIMARY KEY (world, owner, number);
COMMENT ON COLUMN companions.id IS 'Stays the same for good; follows from world, owner and number.';

CREATE OR REPLACE VIEW conversation_generation_log AS
    WITH runs AS (SELECT * FROM generation_runs)
    SELECT id, world, at AS started_at, ended_at, status,
        (SELECT coalesce(sum((tally ->> 'accounts')::bigint), 0) FROM generation_batches b
            WHERE b.run_id = runs.id) AS users_processed,
        (SELECT coalesce(sum((tally ->> 'conversations')::bigint), 0) FROM generation_batches b
            WHERE b.run_id = runs.id) AS conversations_created,
        (SELECT coalesce(sum((tally ->> 'messages')::bigint), 0) FROM generation_batches b
            WHERE b.run_id = runs.id) AS messages_created,
        (SELECT coalesce(sum(greatest(tries - 1, 0)), 0) FROM generation_batches b
            WHERE b.run_id = runs.id) AS errors,
        (SELECT coalesce(json_object_agg(reason, people), '{}')
            FROM (SELECT skip.key AS reason, sum(skip.value::bigint) AS people
                FROM generation_batches b, json_each_text(b.tally -> 'skipped') AS skip
                WHERE b.run_id = runs.id GROUP BY skip.key) AS skips) AS users_skipped
    FROM runs;
