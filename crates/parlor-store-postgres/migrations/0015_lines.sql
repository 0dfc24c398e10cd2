-- Adds lines to sessions in one call: who asks waits for one answer instead of five. The arrays have one
-- element a line, in the order in which the lines are to be added; of a line that tells nobody, those
-- of its event are null. The data of an event is given in two halves, between which the line's order
-- belongs. Gives what became of each line that has a session: `added`, or found as it was.
CREATE FUNCTION append_session_lines(
    sessions_of uuid[], ids uuid[], roles text[], fallbacks boolean[], times timestamptz[],
    contents text[], titles text[], events uuid[], worlds text[], inboxes text[], dues timestamptz[],
    parks boolean[], kinds text[], recipients text[], event_times timestamptz[], traceparents text[],
    heads text[], tails text[]
) RETURNS TABLE (
    n bigint, added boolean, line_order bigint, role text, fallback boolean, created_at timestamptz,
    content text
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    -- In the order of ids, as everything does that locks several. What follows sees what others have
    -- added before they let go.
    PERFORM FROM sessions s WHERE s.id = ANY (sessions_of) ORDER BY s.id FOR UPDATE;
    RETURN QUERY
    WITH given AS (
        SELECT * FROM unnest(sessions_of, ids, roles, fallbacks, times, contents, titles, events,
            worlds, inboxes, dues, parks, kinds, recipients, event_times, traceparents, heads, tails)
            WITH ORDINALITY AS u (session_id, id, role, fallback, created_at, content, title, event,
                world, inbox, due_at, parked, kind, recipient, event_time, traceparent, head, tail, n)
    ), known AS (
        SELECT g.n, l.line_order, l.role, l.fallback, l.created_at, l.content
        FROM given g JOIN session_lines l ON l.session_id = g.session_id AND l.id = g.id
    ), fresh AS (
        SELECT g.*, s.lines + row_number() OVER (PARTITION BY g.session_id ORDER BY g.n) AS line_order
        FROM (
            SELECT DISTINCT ON (g.session_id, g.id) g.* FROM given g
            WHERE g.n NOT IN (SELECT k.n FROM known k)
            ORDER BY g.session_id, g.id, g.n
        ) g JOIN sessions s ON s.id = g.session_id
    ), said AS (
        INSERT INTO session_lines (session_id, line_order, id, role, fallback, created_at, content)
        SELECT f.session_id, f.line_order, f.id, f.role, f.fallback, f.created_at, f.content
        FROM fresh f
    ), counted AS (
        UPDATE sessions s SET lines = u.lines, updated_at = greatest(s.updated_at, u.created_at),
            title = coalesce(s.title, u.title)
        FROM (
            SELECT f.session_id, max(f.line_order) AS lines, max(f.created_at) AS created_at,
                (array_agg(f.title ORDER BY f.n) FILTER (WHERE f.title IS NOT NULL))[1] AS title
            FROM fresh f GROUP BY f.session_id
        ) u WHERE s.id = u.session_id
    ), told AS (
        INSERT INTO outbox (id, world, inbox, due_at, parked, taken_at, kind, conversation_id,
            recipient, occurred_at, traceparent, data)
        SELECT f.event, f.world, f.inbox, f.due_at, f.parked, now(), f.kind, f.session_id,
            f.recipient, f.event_time, f.traceparent, f.head || coalesce(f.line_order || f.tail, '')
        FROM fresh f WHERE f.event IS NOT NULL ORDER BY f.n
        ON CONFLICT (id) DO NOTHING
    )
    SELECT k.n, false, k.line_order, k.role, k.fallback, k.created_at, k.content FROM known k
    UNION ALL
    -- One that is given twice is added once.
    SELECT g.n, g.n = f.n, f.line_order, f.role, f.fallback, f.created_at, f.content
    FROM given g JOIN fresh f ON f.session_id = g.session_id AND f.id = g.id
    ORDER BY 1;
END
$$;
COMMENT ON FUNCTION append_session_lines IS 'Adds lines to sessions, each once, with what tells of them.';
