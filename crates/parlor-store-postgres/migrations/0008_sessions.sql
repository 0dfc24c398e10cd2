-- What people say to characters, and what these answer.

CREATE TABLE sessions (
    id           uuid        PRIMARY KEY,
    place        bigint      GENERATED ALWAYS AS IDENTITY,
    world        text        NOT NULL,
    character    text        NOT NULL,
    character_id uuid        NOT NULL,
    owner        uuid        NOT NULL,
    username     text        NOT NULL,
    title        text,
    status       text        NOT NULL CHECK (status IN ('ACTIVE', 'CLOSED')),
    lines        bigint      NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    lease_until  timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX sessions_by_owner ON sessions (owner, place);
CREATE INDEX sessions_active ON sessions (id) WHERE status = 'ACTIVE';
CREATE INDEX idx_user_character ON sessions (username, character_id);
COMMENT ON TABLE sessions IS 'People''s talks with characters.';
COMMENT ON COLUMN sessions.id IS 'Its id.';
COMMENT ON COLUMN sessions.place IS 'Counts sessions in the order in which they began.';
COMMENT ON COLUMN sessions.world IS 'Slug of the world.';
COMMENT ON COLUMN sessions.character IS 'Slug of the character.';
COMMENT ON COLUMN sessions.character_id IS 'Id of the character, derived from world and slug.';
COMMENT ON COLUMN sessions.owner IS 'Id of the account whose it is.';
COMMENT ON COLUMN sessions.username IS 'What the person is called.';
COMMENT ON COLUMN sessions.title IS 'What it is about; null before anything is said.';
COMMENT ON COLUMN sessions.status IS 'ACTIVE while somebody is connected, else CLOSED.';
COMMENT ON COLUMN sessions.lines IS 'Lines said: the order of the latest.';
COMMENT ON COLUMN sessions.created_at IS 'When it began.';
COMMENT ON COLUMN sessions.updated_at IS 'When something was last said, or it was opened or closed.';
COMMENT ON COLUMN sessions.ended_at IS 'When it was closed; null while it is active.';
COMMENT ON COLUMN sessions.lease_until IS 'An active session that is not renewed by then is closed.';

CREATE TABLE session_lines (
    session_id uuid        NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    line_order bigint      NOT NULL,
    id         uuid        NOT NULL,
    role       text        NOT NULL CHECK (role IN ('user', 'ai')),
    fallback   boolean     NOT NULL,
    created_at timestamptz NOT NULL,
    content    text        NOT NULL,
    CONSTRAINT idx_session_messages PRIMARY KEY (session_id, line_order)
);
CREATE UNIQUE INDEX session_lines_by_id ON session_lines (session_id, id);
CREATE INDEX idx_message_role ON session_lines (role);
COMMENT ON TABLE session_lines IS 'What is said in sessions.';
COMMENT ON COLUMN session_lines.session_id IS 'The session.';
COMMENT ON COLUMN session_lines.line_order IS '1..n over the lines of a session, without gap.';
COMMENT ON COLUMN session_lines.id IS 'Its id; a character''s is derived from the line that it answers.';
COMMENT ON COLUMN session_lines.role IS 'user: the person; ai: the character.';
COMMENT ON COLUMN session_lines.fallback IS 'Another dialect than the character''s own has spoken.';
COMMENT ON COLUMN session_lines.created_at IS 'When it was said.';
COMMENT ON COLUMN session_lines.content IS 'The words.';

-- Read-only (a WITH makes a view so) names that the simulations' own tools use.
CREATE VIEW chat_sessions AS
    WITH talks AS (SELECT * FROM sessions)
    SELECT id, username, character_id, status, created_at, updated_at
    FROM talks;
COMMENT ON VIEW chat_sessions IS 'People''s talks with characters.';

CREATE VIEW chat_messages AS
    WITH said AS (SELECT * FROM session_lines)
    SELECT said.id,
           sessions.username,
           sessions.character_id,
           said.session_id,
           said.content,
           said.role,
           said.created_at,
           said.created_at AS updated_at
    FROM said JOIN sessions ON sessions.id = said.session_id;
COMMENT ON VIEW chat_messages IS 'What people say to characters, and what these answer.';
