-- Companions of people, what they say among themselves, and the runs that make it.

-- What a run writes is written whole and in bulk: nobody waits for it, so it is not in the log of
-- changes, and its lines have no xact.
ALTER TABLE messages ALTER COLUMN xact DROP NOT NULL;
DROP INDEX messages_by_change;
CREATE INDEX messages_by_change ON messages (xact, seq) WHERE xact IS NOT NULL;
COMMENT ON COLUMN messages.xact IS 'Orders the log of changes: the writing transaction, or a later one that the conversation had seen. Complete below pg_snapshot_xmin(pg_current_snapshot()). Null: not in the log.';

ALTER TABLE conversations
    ADD COLUMN owner   uuid,
    ADD COLUMN run_id  uuid,
    ADD COLUMN read_at timestamptz,
    ADD COLUMN details json;
CREATE INDEX conversations_of_owner ON conversations (owner, created_at DESC, seq DESC)
    WHERE owner IS NOT NULL;
COMMENT ON COLUMN conversations.owner IS 'Whose companions talk; null for everything else.';
COMMENT ON COLUMN conversations.run_id IS 'The run that made it.';
COMMENT ON COLUMN conversations.read_at IS 'When the owner read it.';
COMMENT ON COLUMN conversations.details IS 'Where the topic comes from, whether they fell out, coins.';

CREATE TABLE conversation_participants (
    conversation_id uuid     NOT NULL,
    place           smallint NOT NULL,
    companion_id    uuid     NOT NULL,
    character       text     NOT NULL,
    name            text     NOT NULL,
    opinion         real     NOT NULL,
    mood_before     text     NOT NULL,
    mood_after      text     NOT NULL,
    PRIMARY KEY (conversation_id, place)
);
COMMENT ON TABLE conversation_participants IS 'Who took part in a conversation of companions.';
COMMENT ON COLUMN conversation_participants.conversation_id IS 'Which conversation.';
COMMENT ON COLUMN conversation_participants.place IS '0: who opened it.';
COMMENT ON COLUMN conversation_participants.companion_id IS 'The companion; it may have run away since.';
COMMENT ON COLUMN conversation_participants.character IS 'The character that it is a copy of.';
COMMENT ON COLUMN conversation_participants.name IS 'Its name.';
COMMENT ON COLUMN conversation_participants.opinion IS 'What it thinks of the topic, -1 to 1.';
COMMENT ON COLUMN conversation_participants.mood_before IS 'Its mood before.';
COMMENT ON COLUMN conversation_participants.mood_after IS 'Its mood after.';

CREATE TABLE households (
    world   text COLLATE "C" NOT NULL,
    owner   uuid        NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    seen_at timestamptz,
    ties    bytea       NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (world, owner)
) WITH (fillfactor = 70);
COMMENT ON TABLE households IS 'People who have companions in a world.';
COMMENT ON COLUMN households.world IS 'The world''s slug.';
COMMENT ON COLUMN households.owner IS 'The person.';
COMMENT ON COLUMN households.seen_at IS 'When they were last here.';
COMMENT ON COLUMN households.ties IS 'How companions stand to each other: three bytes a pair, two numbers and -100 to 100.';
COMMENT ON COLUMN households.made_at IS 'When they got the first.';

CREATE TABLE companions (
    id            uuid        PRIMARY KEY,
    world         text COLLATE "C" NOT NULL,
    owner         uuid        NOT NULL,
    number        smallint    NOT NULL,
    character     text        NOT NULL,
    name          text        NOT NULL,
    mood          text        NOT NULL CHECK (mood IN ('happy', 'neutral', 'unhappy')),
    unhappy_count bigint      NOT NULL,
    activity      text        NOT NULL CHECK (activity IN ('available', 'meditating')),
    busy_until    timestamptz,
    team_slot     smallint,
    version       bigint      NOT NULL,
    added_at      timestamptz NOT NULL,
    UNIQUE (world, owner, number),
    FOREIGN KEY (world, owner) REFERENCES households (world, owner) ON DELETE CASCADE
) WITH (fillfactor = 70);
CREATE INDEX companions_by_mood ON companions (owner, mood);
COMMENT ON TABLE companions IS 'What people own.';
COMMENT ON COLUMN companions.number IS 'Tells it from the owner''s others.';
COMMENT ON COLUMN companions.unhappy_count IS 'Conflicts that it met while it was unhappy already.';
COMMENT ON COLUMN companions.busy_until IS 'When the activity ends.';
COMMENT ON COLUMN companions.team_slot IS 'Its place in the owner''s team.';
COMMENT ON COLUMN companions.version IS 'Counts the changes of the row.';
COMMENT ON COLUMN companions.id IS 'Stays the same for good.';
COMMENT ON COLUMN companions.world IS 'The world''s slug.';
COMMENT ON COLUMN companions.owner IS 'Whose it is.';
COMMENT ON COLUMN companions.character IS 'The character that it is a copy of.';
COMMENT ON COLUMN companions.name IS 'Its name.';
COMMENT ON COLUMN companions.mood IS 'happy, neutral or unhappy.';
COMMENT ON COLUMN companions.activity IS 'available or meditating.';
COMMENT ON COLUMN companions.added_at IS 'When it came, or came back.';

CREATE TABLE runaways (
    id            uuid        PRIMARY KEY,
    world         text COLLATE "C" NOT NULL,
    owner         uuid        NOT NULL,
    number        smallint    NOT NULL,
    character     text        NOT NULL,
    name          text        NOT NULL,
    team_slot     smallint,
    unhappy_count bigint      NOT NULL,
    version       bigint      NOT NULL,
    difficulty    text        NOT NULL CHECK (difficulty IN ('easy', 'normal', 'hard')),
    attempts      bigint      NOT NULL,
    ran_at        timestamptz NOT NULL,
    run_id        uuid        NOT NULL,
    UNIQUE (world, owner, number),
    FOREIGN KEY (world, owner) REFERENCES households (world, owner) ON DELETE CASCADE
);
COMMENT ON TABLE runaways IS 'Companions that ran away; one that came back is a companion again.';
COMMENT ON COLUMN runaways.difficulty IS 'How hard it is to win it back.';
COMMENT ON COLUMN runaways.attempts IS 'Attempts so far.';
COMMENT ON COLUMN runaways.id IS 'The companion''s.';
COMMENT ON COLUMN runaways.world IS 'The world''s slug.';
COMMENT ON COLUMN runaways.owner IS 'Whose it was.';
COMMENT ON COLUMN runaways.number IS 'As companions.number.';
COMMENT ON COLUMN runaways.character IS 'As companions.character.';
COMMENT ON COLUMN runaways.name IS 'As companions.name.';
COMMENT ON COLUMN runaways.team_slot IS 'As companions.team_slot.';
COMMENT ON COLUMN runaways.unhappy_count IS 'As companions.unhappy_count.';
COMMENT ON COLUMN runaways.version IS 'As companions.version.';
COMMENT ON COLUMN runaways.ran_at IS 'When it ran away.';
COMMENT ON COLUMN runaways.run_id IS 'In which run.';

CREATE TABLE recovery_attempts (
    owner   uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    key     text COLLATE "C" NOT NULL,
    made    json        NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (owner, key)
);
COMMENT ON TABLE recovery_attempts IS 'Attempts to win somebody back, by the key of their request.';
COMMENT ON COLUMN recovery_attempts.owner IS 'Whose.';
COMMENT ON COLUMN recovery_attempts.key IS 'A repeated request has the same.';
COMMENT ON COLUMN recovery_attempts.made IS 'What became of it.';
COMMENT ON COLUMN recovery_attempts.made_at IS 'When.';

CREATE TABLE notifications (
    id           uuid        PRIMARY KEY,
    owner        uuid        NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    world        text        NOT NULL,
    kind         text        NOT NULL,
    body         text        NOT NULL,
    companion_id uuid,
    coins        bigint      NOT NULL,
    created_at   timestamptz NOT NULL,
    read_at      timestamptz
);
CREATE INDEX notifications_of_owner ON notifications (owner, created_at DESC, id DESC);
COMMENT ON TABLE notifications IS 'Sentences for people.';
COMMENT ON COLUMN notifications.id IS 'Derived from what caused it.';
COMMENT ON COLUMN notifications.owner IS 'For whom.';
COMMENT ON COLUMN notifications.world IS 'The world''s slug.';
COMMENT ON COLUMN notifications.kind IS 'runaway, recovered or rare_event.';
COMMENT ON COLUMN notifications.body IS 'The sentence.';
COMMENT ON COLUMN notifications.companion_id IS 'The companion that it is about.';
COMMENT ON COLUMN notifications.coins IS 'Coins that came with it.';
COMMENT ON COLUMN notifications.created_at IS 'When.';
COMMENT ON COLUMN notifications.read_at IS 'When it was read.';

CREATE TABLE topic_pool (
    world      text COLLATE "C" NOT NULL,
    body       text        NOT NULL,
    topic      json        NOT NULL,
    added_at   timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (world, body)
);
COMMENT ON TABLE topic_pool IS 'Topics that a world''s source brought.';
COMMENT ON COLUMN topic_pool.world IS 'The world''s slug.';
COMMENT ON COLUMN topic_pool.body IS 'The words.';
COMMENT ON COLUMN topic_pool.topic IS 'The topic, as in a world file.';
COMMENT ON COLUMN topic_pool.added_at IS 'When it came.';
COMMENT ON COLUMN topic_pool.expires_at IS 'Until when it is talked about.';

CREATE TABLE topic_sources (
    world        text COLLATE "C" PRIMARY KEY,
    asked_at     timestamptz NOT NULL,
    refreshed_at timestamptz,
    error        text
);
COMMENT ON TABLE topic_sources IS 'When a world''s source of topics was last asked, and what it gave.';
COMMENT ON COLUMN topic_sources.world IS 'The world''s slug.';
COMMENT ON COLUMN topic_sources.asked_at IS 'When it was last asked.';
COMMENT ON COLUMN topic_sources.refreshed_at IS 'When it last gave topics.';
COMMENT ON COLUMN topic_sources.error IS 'Why it gave none; null: it gave some.';

CREATE TABLE generation_runs (
    id           uuid        PRIMARY KEY,
    world        text COLLATE "C" NOT NULL,
    ordinal      bigint      NOT NULL,
    seed         bigint      NOT NULL,
    at           timestamptz NOT NULL,
    due_at       timestamptz,
    ended_at     timestamptz,
    percent      double precision NOT NULL,
    planned      bigint      NOT NULL,
    status       text        NOT NULL CHECK (status IN ('running', 'done')),
    UNIQUE (world, ordinal),
    UNIQUE (world, due_at)
);
COMMENT ON TABLE generation_runs IS 'Runs in which the companions of a world talk.';
COMMENT ON COLUMN generation_runs.id IS 'Derived from the world and the ordinal.';
COMMENT ON COLUMN generation_runs.world IS 'The world''s slug.';
COMMENT ON COLUMN generation_runs.ordinal IS 'Counts the runs of the world, from 1.';
COMMENT ON COLUMN generation_runs.seed IS 'The dice, as 64 bits.';
COMMENT ON COLUMN generation_runs.at IS 'When it began.';
COMMENT ON COLUMN generation_runs.due_at IS 'The time of the schedule that it is for; null: by hand.';
COMMENT ON COLUMN generation_runs.ended_at IS 'When it was done.';
COMMENT ON COLUMN generation_runs.percent IS 'Share of the people that it reaches.';
COMMENT ON COLUMN generation_runs.planned IS 'People in its batches.';
COMMENT ON COLUMN generation_runs.status IS 'running or done.';

CREATE TABLE generation_batches (
    run_id        uuid        NOT NULL REFERENCES generation_runs (id),
    number        bigint      NOT NULL,
    first_owner   uuid        NOT NULL,
    last_owner    uuid        NOT NULL,
    claimed_until timestamptz,
    tries         bigint      NOT NULL DEFAULT 0,
    tally         json,
    PRIMARY KEY (run_id, number)
) WITH (fillfactor = 50);
CREATE INDEX generation_batches_left ON generation_batches (run_id, number) WHERE tally IS NULL;
COMMENT ON TABLE generation_batches IS 'Parts of a run, each written whole.';
COMMENT ON COLUMN generation_batches.run_id IS 'The run.';
COMMENT ON COLUMN generation_batches.number IS 'The place in it.';
COMMENT ON COLUMN generation_batches.first_owner IS 'The people in it, by id: from here.';
COMMENT ON COLUMN generation_batches.last_owner IS 'To here, included.';
COMMENT ON COLUMN generation_batches.claimed_until IS 'Until when somebody works on it.';
COMMENT ON COLUMN generation_batches.tries IS 'How often it was claimed.';
COMMENT ON COLUMN generation_batches.tally IS 'What it came to; null: it is not done.';

CREATE TABLE leases (
    name       text COLLATE "C" PRIMARY KEY,
    holder     uuid        NOT NULL,
    held_until timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE leases IS 'What one process does for all.';
COMMENT ON COLUMN leases.name IS 'What.';
COMMENT ON COLUMN leases.holder IS 'Which process.';
COMMENT ON COLUMN leases.held_until IS 'Until when, if it is not renewed.';

-- Read-only names that the game's own tools use.
CREATE VIEW trending_topics AS
    WITH pool AS (SELECT * FROM topic_pool)
    SELECT world, body AS topic, topic ->> 'category' AS category, added_at AS created_at, expires_at
    FROM pool;
COMMENT ON VIEW trending_topics IS 'The pool of topics.';

CREATE VIEW chatling_conversations AS
    WITH talks AS (SELECT * FROM conversations WHERE owner IS NOT NULL)
    SELECT id, owner AS user_id, world, topic, participants, message_count, read_at, created_at
    FROM talks;
COMMENT ON VIEW chatling_conversations IS 'Conversations among companions.';

CREATE VIEW user_rewards AS
    WITH owned AS (SELECT * FROM companions)
    SELECT owner AS user_id, id AS creature_id, world, character, name, mood AS mood_status,
        unhappy_count, activity, team_slot, added_at AS created_at
    FROM owned;
COMMENT ON VIEW user_rewards IS 'The companions that people own.';

CREATE VIEW runaway_chatlings AS
    WITH gone AS (SELECT * FROM runaways)
    SELECT owner AS user_id, id AS creature_id, world, character, name,
        difficulty AS recovery_difficulty, attempts, ran_at AS ran_away_at
    FROM gone;
COMMENT ON VIEW runaway_chatlings IS 'Companions that ran away.';

CREATE VIEW conversation_generation_log AS
    WITH runs AS (SELECT * FROM generation_runs)
    SELECT id, world, at AS started_at, ended_at, status,
        (SELECT coalesce(sum((tally ->> 'accounts')::bigint), 0) FROM generation_batches b
            WHERE b.run_id = runs.id) AS users_processed,
        (SELECT coalesce(sum((tally ->> 'conversations')::bigint), 0) FROM generation_batches b
            WHERE b.run_id = runs.id) AS conversations_created,
        (SELECT coalesce(sum((tally ->> 'messages')::bigint), 0) FROM generation_batches b
            WHERE b.run_id = runs.id) AS messages_created,
        (SELECT coalesce(sum(greatest(tries - 1, 0)), 0) FROM generation_batches b
            WHERE b.run_id = runs.id) AS errors
    FROM runs;
COMMENT ON VIEW conversation_generation_log IS 'Runs, and what they brought about.';
