// Made by `npm run api:generate` from the OpenAPI document. Do not edit.

export interface paths {
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Keys that access tokens are checked with
         * @description A JSON Web Key Set (RFC 7517): the public halves.
         */
        get: operations["keys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/bots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask the desk for bots
         * @description The same requests as on the bus and over `/api/bots/connect` (see `/asyncapi.json`), one at a time. The
         *     reply has a `type` of its own: `registered`, `bots`, `inboxes`, `renewed`, `left`, `opened`, `said`.
         */
        post: operations["ask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/bots/connect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Connect a bot (WebSocket)
         * @description What is said to the bot comes as frames (`opening`, `heard`); requests of `POST /api/bots` go the other way,
         *     without their key, and are replied to in order. As long as the connection is there, so is the bot.
         */
        get: operations["connect"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/bus/inboxes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Inboxes of the bus
         * @description Those of the worlds that the caller may enter, in the order of the world files.
         */
        get: operations["inboxes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/characters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Characters to talk with
         * @description The same as `GET /characters`.
         */
        get: operations["list_gallery"];
        put?: never;
        /**
         * Make a character
         * @description The character joins the cast of all servers on the store within a second or two.
         */
        post: operations["create_character"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/characters/id/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One character
         * @description The same as `GET /characters/id/{id}`.
         */
        get: operations["gallery_details"];
        put?: never;
        post?: never;
        /**
         * Delete a character of yours
         * @description What was said with them stays with those who said it.
         */
        delete: operations["delete_character"];
        options?: never;
        head?: never;
        /** Change a character of yours */
        patch: operations["change_character"];
        trace?: never;
    };
    "/api/characters/id/{id}/picture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Picture of a character */
        get: operations["gallery_picture"];
        /**
         * Give a character of yours a picture
         * @description The body is a PNG, JPEG or WebP file of 16 MiB at most, whatever its content type says. A PNG loses
         *     all that is no picture.
         */
        put: operations["change_picture"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/characters/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Bring in a character
         * @description The body is a character card as it is: JSON of version 1, 2 or 3, a PNG picture that carries one, or
         *     a CHARX archive, 32 MiB at most. The character joins the cast of all servers on the store within a
         *     second or two; one with the same slug is replaced.
         */
        post: operations["import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/characters/{character}/journey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The journey of a character
         * @description Every move in this run, oldest first, without gap: each begins where the one before ended. The scene
         *     is what happened where they set out.
         */
        get: operations["journey"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chatroom/conversation/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One conversation of your companions */
        get: operations["chatroom_conversation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chatroom/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Conversations of your companions
         * @description With all their lines, newest first.
         */
        get: operations["chatroom_conversations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chatroom/generate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let everybody's companions talk now
         * @description Begins a run, which the jobs role works on. For administrators.
         */
        post: operations["generate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chatroom/mark-read/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Mark a conversation as read */
        post: operations["mark_read"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chatroom/meditate/{creatureId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a companion to meditate
         * @description It takes no part in conversations for some hours, and its mood mends.
         */
        post: operations["meditate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chatroom/moods": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How your companions feel
         * @description Now, and after each conversation of the last seven days.
         */
        get: operations["moods"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chatroom/recover/{creatureId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try to win a runaway back
         * @description Costs coins whether it succeeds or not; a failure makes it harder. With an `Idempotency-Key` a
         *     repeated request makes no second attempt and gets the same answer.
         */
        post: operations["recover"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chatroom/runaways": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Companions that ran away
         * @description With the odds and the price of winning each of them back.
         */
        get: operations["runaways"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chatroom/unread": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many conversations you have not read
         * @description Counted up to a hundred.
         */
        get: operations["unread"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Conversations of all worlds
         * @description Of those that the caller may enter; newest first.
         */
        get: operations["all_conversations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/conversations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A conversation */
        get: operations["conversation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/conversations/{id}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close a conversation
         * @description A line that is on its way is delivered; nothing more is said. Closing a closed one changes
         *     nothing.
         */
        post: operations["close"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/conversations/{id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Messages of a conversation
         * @description In the order in which they were said, asides among them.
         */
        get: operations["conversation_messages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Dead letters
         * @description Messages that could not be handled, of the worlds that the caller may enter; the oldest of each
         *     world first. They stay where they are.
         */
        get: operations["dead_letters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters/drop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Drop dead letters
         * @description Throws them away for good.
         */
        post: operations["drop_some"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay dead letters
         * @description Sends them to the inboxes that they came from and takes them out, at least once. Foreign ones that
         *     can't be sent again stay.
         */
        post: operations["replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/directory": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Bots that are there
         * @description By name. A bot is in the directory for as long as whoever holds it is heard of; one that is gone without
         *     a word disappears when its lease ends, some seconds later.
         */
        get: operations["directory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happens, live
         * @description Server-sent events, without end. Each has an `id:` (give the last one as `Last-Event-ID`, as
         *     browsers do by themselves, and nothing is missed), an `event:` and its `data:` in one line of
         *     JSON:
         *
         *     | event | data |
         *     | --- | --- |
         *     | `message` | Message |
         *     | `conversation.opened`, `conversation.closed` | Conversation |
         *     | `characters.moved` (some set out, or arrive) | Move |
         *     | `world.paused`, `world.resumed` | WorldPaused |
         *
         *     Without `Last-Event-ID` and `after` it begins now. Comments keep the connection alive. Ids grow
         *     along the stream.
         */
        get: operations["events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/messages/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A message and its way
         * @description With the envelopes that were sent, exactly as on the bus, and how long each leg of the way took.
         */
        get: operations["message"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What there is to tell you
         * @description Runaways, who is back, and what was found; newest first.
         */
        get: operations["notifications"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Role processes
         * @description Each tells of itself every second. One that is silent for 4 s is `late`, for 12 s `gone`, and
         *     forgotten after five minutes. Those that began first come first.
         */
        get: operations["roles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/roles/{id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start a role
         * @description Starts one that was stopped. Starting a running one changes nothing.
         */
        post: operations["start_role"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/roles/{id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop a role
         * @description Its supervisor (`parlor up --split`) ends the process within a few seconds, after what it has in
         *     hand; messages to it wait in its inbox. Stopping a stopped one changes nothing.
         */
        post: operations["stop_role"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search in what was said
         * @description By whole words. A line can be found about a second after it was said, later while very much is
         *     said. A part may hold fewer lines than `limit`, or none, and still have a `nextCursor`: a search
         *     for words that are in very many lines looks at a bounded number of them at a time.
         */
        get: operations["search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How busy the server is
         * @description Of the worlds that the caller may enter. At most a second old.
         */
        get: operations["stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The last 20 messages
         * @description Newest first, as one flat list.
         */
        get: operations["sync"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What language models were asked for
         * @description Calls, tokens, latency, failures and fallbacks by day, world and model, and what is left of the
         *     worlds' budgets today. Days are days of UTC.
         */
        get: operations["model_usage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worlds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The worlds of this server */
        get: operations["worlds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worlds/{world}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A world */
        get: operations["world"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Set the pace of a world, pause or resume it
         * @description The pace holds for the lines to come, in all processes, also after a restart.
         */
        patch: operations["change"];
        trace?: never;
    };
    "/api/worlds/{world}/characters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The cast of a world */
        get: operations["characters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worlds/{world}/characters/{slug}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A character
         * @description Mood and bonds are weighted means of the sentiment of the latest 200 lines that the character
         *     said, heard or overheard (of the latest 2,000 of the world): a line counts half for the mood
         *     after ten minutes, and half for a bond after 14 days.
         */
        get: operations["character"];
        put?: never;
        post?: never;
        /**
         * Let a character go
         * @description Takes somebody out of the world's catalogue, and so out of the cast; conversations in which they
         *     take part are closed. Who is in the world's file stays.
         */
        delete: operations["remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worlds/{world}/characters/{slug}/picture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Picture of a character */
        get: operations["picture"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worlds/{world}/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Conversations of a world
         * @description Newest first.
         */
        get: operations["conversations"];
        put?: never;
        /**
         * Start a conversation
         * @description Answers as soon as the start is on disk; the characters talk on their own. With an
         *     `Idempotency-Key` the same request gives the same answer and starts nothing new, for a day at
         *     least, also after a restart of the server. An empty body is `{}`.
         */
        post: operations["start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worlds/{world}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Messages of a world
         * @description Newest first, of all its conversations.
         */
        get: operations["world_messages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worlds/{world}/moves": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send somebody by hand
         * @description They arrive, and stay: no group goes on with them. Such moves are counted apart
         *     (`parlor_moves_total{by="hand"}`), so that the share of moves without a hand can be told.
         */
        post: operations["send"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worlds/{world}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause a world
         * @description Nothing is said until it is resumed; what is on its way waits. Pausing a paused world changes
         *     nothing.
         */
        post: operations["pause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worlds/{world}/places": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The places of a world
         * @description In the order of the world file, with who is there.
         */
        get: operations["places"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worlds/{world}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a world
         * @description Resuming a world that is not paused changes nothing.
         */
        post: operations["resume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worlds/{world}/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin a run
         * @description Everybody is at home again, and groups set out. Called again it begins anew: what still is on its way
         *     of the run before no longer arrives. The aliases of the world's `[trigger]` do the same with `GET`.
         */
        post: operations["begin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/characters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Characters to talk with */
        get: operations["gallery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/characters/id/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One character */
        get: operations["gallery_character"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Is the process alive? */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/knock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Start a conversation between two whom the dice choose */
        get: operations["trigger-knock"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in
         * @description Answers the same, after as long, for a wrong password and for an unknown username. Whoever fails too
         *     often has to wait (`retry-after`).
         */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out
         * @description Ends the signing in of the refresh token, of the access token in `Authorization` (which itself stays
         *     good until it expires), or of the cookie. What is not in force any more is no error.
         */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Your account */
        get: operations["me"];
        put?: never;
        post?: never;
        /**
         * Delete your account
         * @description With all that belongs to it, for good. Access tokens stay good for some minutes, but there is nothing
         *     left that they open.
         */
        delete: operations["delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All that is kept of you */
        get: operations["export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Your talks with characters */
        get: operations["my_sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Delete a talk of yours, with everything said in it */
        delete: operations["delete_session"];
        options?: never;
        head?: never;
        /** Call a talk of yours something else */
        patch: operations["rename_session"];
        trace?: never;
    };
    "/me/sessions/{id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was said in a talk of yours */
        get: operations["session_messages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Figures for Prometheus. */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Is everything there that it needs?
         * @description Asks the bus and the store, and says of each why it does not answer.
         */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Renew the tokens
         * @description The refresh token is worth nothing afterwards. Whoever shows one that was used already has a stolen
         *     one, or was robbed: then the signing in ends for both.
         */
        post: operations["refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign up */
        post: operations["register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Send everybody home
         * @description A new run in which nobody sets out. What was on its way no longer arrives.
         */
        delete: operations["reset"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in on this page */
        get: operations["session"];
        put?: never;
        /**
         * Sign in on the page
         * @description Sets a cookie that no script can read (`HttpOnly`, `SameSite=Strict`).
         */
        post: operations["sign_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/start-convo-bro": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Start a conversation between two whom the dice choose */
        get: operations["trigger-start-convo-bro"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/states": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is where
         * @description Every character of the cast is in exactly one place. Who is on the way counts as being at the place
         *     where they go, and is named in `travelling` too. Of each place at most 1,000 are named; `count` is of
         *     all.
         */
        get: operations["states"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in, under the name that OAuth 2 knows it by
         * @description As `POST /login`.
         */
        post: operations["token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/validate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Look at an access token */
        post: operations["validate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description An account.
         * @example {
         *       "id": "2f1c8f9e-6a52-4a3e-9d0b-0c5b6a0f7d11",
         *       "username": "marla",
         *       "name": "Marla Quince",
         *       "role": "user",
         *       "coins": 0,
         *       "createdAt": "2026-01-02T03:04:05Z",
         *       "lastLoginAt": null
         *     }
         */
        Account: {
            /**
             * Format: int64
             * @description What they can spend.
             */
            coins: number;
            /**
             * Format: date-time
             * @description When they signed up.
             */
            createdAt: string;
            /**
             * Format: uuid
             * @description Stays the same for good.
             */
            id: string;
            /**
             * Format: date-time
             * @description When they last signed in.
             */
            lastLoginAt?: string | null;
            /** @description What they are called. */
            name: string;
            /** @description `user` or `admin`. */
            role: string;
            /** @description By what they sign in. */
            username: string;
        };
        /** @description How two characters stand. */
        Bond: {
            /**
             * Format: double
             * @description -1 (a grudge) to 1 (a friend).
             */
            affinity: number;
            /**
             * Format: date-time
             * @description When the latest of them was said.
             */
            lastAt: string;
            /**
             * Format: int32
             * @description Lines between them that were looked at.
             */
            lines: number;
            /** @description With whom (display name). */
            with: string;
        };
        /**
         * @description A bot.
         * @example {
         *       "name": "abc123",
         *       "world": "chatter",
         *       "since": "2026-11-27T10:00:00Z",
         *       "lastSeen": "2026-11-27T10:05:03Z",
         *       "inbox": "chatter.abc123",
         *       "dialect": "gibberish",
         *       "busy": 1,
         *       "foreign": false
         *     }
         */
        Bot: {
            /**
             * Format: int32
             * @description In how many conversations it is.
             */
            busy: number;
            /** @description What it speaks; null for a program from outside, which finds its own words. */
            dialect: string | null;
            /** @description True when a program from outside speaks for it. */
            foreign: boolean;
            /** @description The queue or topic where it is reached. */
            inbox: string;
            /**
             * Format: date-time
             * @description When whoever holds it was last heard of.
             */
            lastSeen: string;
            /** @description Its name. */
            name: string;
            /**
             * Format: date-time
             * @description When it came.
             */
            since: string;
            /** @description Slug of its world. */
            world: string;
        };
        /**
         * @description What a program asks for its bot. Which fields there are depends on `type`:
         *     `register` (`name`), `list` and `inboxes` (`after`, `limit`), `renew` and `leave` (`key`), `open` (`key`,
         *     `to`, `topic`, `text`), `say` (`key`, `conversation`, `message`, `text`, `last`).
         * @example {
         *       "type": "register",
         *       "name": "parrot"
         *     }
         */
        BotAsk: {
            /** @description List after this name. */
            after?: string | null;
            /**
             * Format: uuid
             * @description In this conversation.
             */
            conversation?: string | null;
            /** @description The bot's key. */
            key?: string | null;
            /** @description True for the last line of the conversation. */
            last?: boolean | null;
            /**
             * Format: int32
             * @description List so many at most.
             */
            limit?: number | null;
            /**
             * Format: uuid
             * @description The line that it answers; left out: it opens the conversation.
             */
            message?: string | null;
            /** @description The bot's name; left out: it is given one. */
            name?: string | null;
            /** @description What the bot says. */
            text?: string | null;
            /** @description With whom; left out: with somebody by the world's rule. */
            to?: string | null;
            /** @description About what. */
            topic?: string | null;
            /** @description What is asked: `register`, `list`, `inboxes`, `renew`, `leave`, `open` or `say`. */
            type?: string | null;
        };
        /** @description A part of the directory. */
        BotList: {
            /**
             * Format: int64
             * @description How many there are in all.
             */
            count: number;
            /** @description Bots, by name. */
            items: components["schemas"]["Bot"][];
            /** @description Give it as `cursor` for the next part; null at the end. */
            nextCursor: string | null;
        };
        /** @description What a world may spend and has spent today. */
        Budget: {
            /** @description Requests. */
            calls: components["schemas"]["Share"];
            /**
             * Format: date
             * @description Day of UTC.
             * @example 2026-01-31
             */
            day: string;
            /** @description Tokens read and written. */
            tokens: components["schemas"]["Share"];
            /** @description The world's slug. */
            world: string;
        };
        /** @description A message on its way to one recipient. */
        BusDelivery: {
            /** @description What is sent. */
            envelope: components["schemas"]["BusEnvelope"];
            /** @description The exchange that it goes through. */
            exchange: string;
            /** @description Its queue or topic. */
            inbox: string;
            /** @description Slug of the character. */
            recipient: string;
            /** @description The key under which the exchange finds the inbox. */
            routingKey: string;
        };
        /** @description A message as it is on the bus: a CloudEvents 1.0 event. Its data is the message. */
        BusEnvelope: {
            /** @description The message, as it was when it was sent. */
            data: components["schemas"]["Message"];
            /** @description Media type of the data. */
            datacontenttype: string;
            /**
             * Format: uuid
             * @description The event's id.
             */
            id: string;
            /** @description Slug of the character that it is for. */
            recipient: string;
            /** @description `/worlds/{world}`. */
            source: string;
            /** @description Version of CloudEvents. */
            specversion: string;
            /**
             * Format: uuid
             * @description The conversation.
             */
            subject: string;
            /**
             * Format: date-time
             * @description When it came to be.
             */
            time: string;
            /** @description W3C trace context. */
            traceparent: string;
            /** @description What happened: `parlor.message.said` or `parlor.message.overheard`. */
            type: string;
        };
        /**
         * @description A character of the cast.
         * @example {
         *       "slug": "ross",
         *       "name": "Ross",
         *       "persona": "A palaeontologist who corrects people.",
         *       "traits": {
         *         "openness": 0.6
         *       },
         *       "likes": [
         *         "science"
         *       ],
         *       "catchphrases": [
         *         "We were on a break!"
         *       ],
         *       "dialect": "banter",
         *       "present": true
         *     }
         */
        Character: {
            /** @description Sayings of theirs. */
            catchphrases: string[];
            /** @description The text generator that speaks for them. */
            dialect: string;
            /** @description What they like to talk about. */
            likes: string[];
            /** @description Display name. */
            name: string;
            /** @description Where they come from. */
            origin: components["schemas"]["Origin"];
            /** @description Who they are; null in a world for signed-in people. */
            persona: string | null;
            /** @description There is a picture of them, at `/api/worlds/{world}/characters/{slug}/picture`. */
            picture: boolean;
            /** @description A living role acts for them. */
            present: boolean;
            /** @description For URLs. */
            slug: string;
            /** @description Big Five traits, each 0 to 1. */
            traits: {
                [key: string]: number;
            };
        };
        /** @description A character, with what can be told from the latest lines that they said, heard or overheard. */
        CharacterDetail: components["schemas"]["Character"] & {
            /** @description How they stand to others; who was spoken with last comes first. */
            bonds: components["schemas"]["Bond"][];
            /**
             * Format: double
             * @description How they feel: -1 (furious) to 1 (delighted); null when nothing is known.
             */
            mood: number | null;
            /** @description What they said, heard or overheard of late, newest first, at most 20. */
            recent: components["schemas"]["Message"][];
        };
        /** @description Coins that were given or taken. */
        Coins: {
            /**
             * Format: int64
             * @description How many; below 0: taken.
             */
            coins: number;
            /** @description What for. */
            key: string;
            /**
             * Format: date-time
             * @description When.
             */
            madeAt: string;
        };
        /**
         * @description A conversation.
         * @example {
         *       "id": "5b0e2f3c-6b1e-5c53-9d0b-0d7c1a2f9f10",
         *       "world": "friends",
         *       "kind": "duet",
         *       "parentId": null,
         *       "status": "ACTIVE",
         *       "participants": [
         *         "Ross",
         *         "Rachel"
         *       ],
         *       "topic": "the dinosaur exhibit",
         *       "exchanges": 3,
         *       "createdAt": "2026-01-31T18:00:00Z",
         *       "endedAt": null
         *     }
         */
        Conversation: {
            /**
             * Format: date-time
             * @description When it was opened.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When it was closed.
             */
            endedAt: string | null;
            /**
             * Format: int32
             * @description Exchanges so far; a side thread goes on from its parent's count.
             */
            exchanges: number;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description What sort it is. */
            kind: components["schemas"]["ConversationKind"];
            /**
             * Format: uuid
             * @description The conversation that a side thread branched off from.
             */
            parentId: string | null;
            /** @description Display names, the one who opened it first. */
            participants: string[];
            /** @description Active or closed. */
            status: components["schemas"]["ConversationStatus"];
            /** @description What it is about. */
            topic: string | null;
            /** @description The world's slug. */
            world: string;
        };
        /**
         * @description What sort of conversation it is: two talk, gossip behind somebody's back, several talk, what
         *     happens at a place, public posts, a person talks with a character.
         * @enum {string}
         */
        ConversationKind: "duet" | "side" | "group" | "scene" | "feed" | "session";
        /**
         * @description Whether more may be said.
         * @enum {string}
         */
        ConversationStatus: "ACTIVE" | "CLOSED";
        /** @description A companion. */
        Creature: {
            /** @description `available` or `meditating`. */
            activity: string;
            /**
             * Format: date-time
             * @description Until when it meditates.
             */
            busyUntil: string | null;
            /** @description The character that it is a copy of. */
            character: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            creatureId: string;
            /** @description How it feels. */
            mood: components["schemas"]["Mood"];
            /** @description Its name. */
            name: string;
            /**
             * Format: int32
             * @description Its place in the team.
             */
            teamSlot: number | null;
            /** @description Its mood after each conversation of the last days, oldest first. */
            trend: components["schemas"]["MoodAt"][];
            /**
             * Format: int32
             * @description Conflicts that it met while it was unhappy already.
             */
            unhappyCount: number;
        };
        /** @description What one world asked of one model on one day. */
        DayUsage: {
            /**
             * Format: int64
             * @description Requests made, those that were tried again among them.
             */
            calls: number;
            /**
             * Format: date
             * @description Day of UTC.
             * @example 2026-01-31
             */
            day: string;
            /**
             * Format: int64
             * @description Asked in vain.
             */
            failed: number;
            /** @description The same by kind of failure. */
            failures: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Lines that a fallback spoke instead.
             */
            fallbacks: number;
            /** @description How long replies took. */
            latencyMs: components["schemas"]["LatencyMs"];
            /** @description Provider and model. */
            model: string;
            /**
             * Format: int64
             * @description Replies that came.
             */
            replies: number;
            /**
             * Format: int64
             * @description Tokens read, as the provider counts them.
             */
            tokensIn: number;
            /**
             * Format: int64
             * @description Tokens written.
             */
            tokensOut: number;
            /** @description The world's slug. */
            world: string;
        };
        /**
         * @description A message that was put aside.
         * @example {
         *       "id": "0c4ff4d1-6f7b-5b5c-8a51-2f6a3d1c9e55",
         *       "world": "friends",
         *       "inbox": "q-Rachel",
         *       "reason": "not a Parlor envelope: the CloudEvents attribute 'specversion' is missing",
         *       "at": "2026-01-31T18:00:01Z",
         *       "headers": [],
         *       "body": "hello?"
         *     }
         */
        DeadLetter: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description The body as text, shortened. */
            body: string;
            /** @description CloudEvents attributes, or the headers of something foreign. */
            headers: components["schemas"]["Header"][];
            /** @description Names it for `replay` and `drop`. */
            id: string;
            /** @description The inbox that it was in. */
            inbox: string;
            /** @description Why it was put aside. */
            reason: string;
            /** @description Slug of the world among whose dead letters it is. */
            world: string;
        };
        /**
         * @description Which dead letters of a world: some by their ids, or all.
         * @example {
         *       "world": "friends",
         *       "all": true
         *     }
         */
        DeadLetterChoice: {
            /**
             * @description All of the world's, in place of ids.
             * @default false
             */
            all: boolean;
            /**
             * @description Their ids, 1,000 at most.
             * @default []
             */
            ids: string[];
            /**
             * @description Slug of the world.
             * @default
             */
            world: string;
        };
        /**
         * @description How many dead letters it was.
         * @example {
         *       "count": 2
         *     }
         */
        DeadLettersTaken: {
            /**
             * Format: int64
             * @description How many were sent again, or thrown away.
             */
            count: number;
        };
        /** @description Something that a role needs. */
        Dependency: {
            /** @description Which adapter. */
            kind: string;
            /** @description `bus` or `store`. */
            name: string;
            /** @description Whether it answers. */
            ready: boolean;
            /** @description Why it does not. */
            why: string | null;
        };
        /** @description An exchange of the bus. */
        Exchange: {
            /** @description Its name. */
            name: string;
            /** @description `direct`, `topic` or `fanout`. */
            type: string;
        };
        /** @description A companion. */
        ExportedCompanion: {
            /** @description Slug of the character that it is a copy of. */
            character: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description How it feels: `happy`, `neutral` or `unhappy`. */
            mood: string;
            /** @description What its owner calls it. */
            name: string;
            /**
             * Format: int32
             * @description Conflicts that it met while it was unhappy already.
             */
            unhappyCount: number;
            /** @description Slug of the world. */
            world: string;
        };
        /** @description A line of a talk. */
        ExportedLine: {
            /** @description The words. */
            content: string;
            /**
             * Format: date-time
             * @description When it was said.
             */
            createdAt: string;
            /**
             * Format: int32
             * @description 1..n over the talk.
             */
            order: number;
            /**
             * @description `user` or `ai`.
             * @example user
             */
            role: string;
        };
        /** @description A talk with a character. */
        ExportedSession: {
            /** @description Slug of the character. */
            character: string;
            /**
             * Format: date-time
             * @description When it began.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When it was closed.
             */
            endedAt?: string | null;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description All that was said. */
            lines: components["schemas"]["ExportedLine"][];
            /** @description What it is about. */
            title?: string | null;
            /** @description Slug of the world. */
            world: string;
        };
        /** @description A character to talk with. */
        GalleryCharacter: {
            /** @description Sayings of theirs. */
            catchphrases: string[];
            /** @description What they say first; null where they wait. */
            greeting: string | null;
            /**
             * Format: uuid
             * @description By which `/ws/{character_id}` finds them.
             */
            id: string;
            /** @description What they like to talk about. */
            likes: string[];
            /** @description Display name. */
            name: string;
            /** @description True for a character of the caller's own. */
            own: boolean;
            /** @description Where their picture is; null where there is none. */
            picture: string | null;
            /** @description Does as well. */
            slug: string;
            /** @description Who they are, for a language model; only for the owner. */
            system_prompt?: string | null;
            /**
             * @description Who may see and talk with them: `public`, `unlisted` or `private`.
             * @example public
             */
            visibility: string;
            /** @description Slug of the world. */
            world: string;
        };
        /** @description A part of the characters. */
        GalleryList: {
            /** @description In the order of the cast. */
            items: components["schemas"]["GalleryCharacter"][];
            /** @description `after` of the next part; null at the end. */
            nextCursor: string | null;
        };
        /**
         * @description A run to begin.
         * @example {
         *       "percent": 5
         *     }
         */
        Generate: {
            /**
             * Format: double
             * @description Share of the people that it reaches: always the same ones.
             * @default null
             */
            percent: number | null;
            /**
             * Format: int64
             * @description At most so many people, in the order of their ids.
             * @default null
             */
            users: number | null;
            /**
             * @description Slug of the world; the first with companions where it is left out.
             * @default null
             */
            world: string | null;
        };
        /** @description A run that has begun. */
        Generated: {
            /**
             * Format: int64
             * @description People in it.
             */
            accounts: number;
            /**
             * Format: double
             * @description Share of them that it reaches.
             */
            percent: number;
            /**
             * Format: uuid
             * @description Its id.
             */
            run: string;
            /** @description Slug of the world. */
            world: string;
        };
        /** @description A signing in that lasts. */
        Grant: {
            /**
             * Format: date-time
             * @description When they signed in.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description Until when it lasts.
             */
            expiresAt: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description `program` (a refresh token) or `browser` (a cookie). */
            kind: string;
        };
        /** @description A header of a message. */
        Header: {
            /** @description Its name. */
            name: string;
            /** @description Its value, as text. */
            value: string;
        };
        /**
         * @description The process is alive.
         * @example {
         *       "status": "ok",
         *       "role": "gateway",
         *       "version": "0.1.0"
         *     }
         */
        Health: {
            /** @description Which role answers. */
            role: string;
            /** @description Always `ok`. */
            status: string;
            /** @description The program's version. */
            version: string;
        };
        /** @description A line that was found. */
        Hit: {
            /** @description Where it was said. */
            conversation: components["schemas"]["Conversation"];
            /** @description The line. */
            message: components["schemas"]["Message"];
            /** @description A piece of its text around what was found. */
            snippet: components["schemas"]["Snippet"];
        };
        /** @description The way of a message from the event that it answers. */
        Hop: {
            /**
             * Format: date-time
             * @description The message was committed by then: a role had it in hand. Null where nobody answered.
             */
            committedAt: string | null;
            /**
             * Format: date-time
             * @description When it was decided what to say.
             */
            decidedAt: string;
            /**
             * Format: date-time
             * @description When the scene was loaded.
             */
            loadedAt: string;
            /** @description The same as durations. */
            micros: components["schemas"]["HopMicros"];
            /**
             * Format: date-time
             * @description When a role had it in hand.
             */
            receivedAt: string;
            /**
             * Format: date-time
             * @description When the event came to be: the line before was said, or the conversation was opened.
             */
            sentAt: string;
            /**
             * Format: date-time
             * @description When the words were found: the message's own time.
             */
            spokenAt: string;
        };
        /** @description How long each leg took, in microseconds: exact up to 2 ms, then to a thousandth. */
        HopMicros: {
            /**
             * Format: int64
             * @description Until a role had this message in hand in its turn: commit, pace, outbox, bus; null where
             *     nobody answered.
             */
            committed: number | null;
            /**
             * Format: int64
             * @description Until it was decided what to say.
             */
            decided: number;
            /**
             * Format: int64
             * @description Until the scene was loaded.
             */
            loaded: number;
            /**
             * Format: int64
             * @description Until the words were found.
             */
            spoke: number;
            /**
             * Format: int64
             * @description From the event that it answers until a role had that in hand: commit, pace, outbox, bus.
             */
            waited: number;
        };
        /**
         * @description A character has come in.
         * @example {
         *       "world": "friends",
         *       "slug": "marla-quince",
         *       "name": "Marla Quince",
         *       "replaced": false,
         *       "warnings": []
         *     }
         */
        Imported: {
            /** @description Display name. */
            name: string;
            /** @description It took the place of the one with its slug. */
            replaced: boolean;
            /** @description By which the character is found there. */
            slug: string;
            /** @description What of the card is not used, and why. */
            warnings: string[];
            /** @description Slug of the world. */
            world: string;
        };
        /**
         * @description An inbox of the bus.
         * @example {
         *       "name": "q-Rachel",
         *       "world": "friends",
         *       "character": "rachel",
         *       "kind": "character",
         *       "ready": 3,
         *       "unacked": 1,
         *       "consumers": 1,
         *       "publishedPerSecond": 12.5,
         *       "deliveredPerSecond": 12
         *     }
         */
        Inbox: {
            /** @description Slug of the character whose inbox it is; null where several share it. */
            character: string | null;
            /**
             * Format: int64
             * @description Consumers attached.
             */
            consumers: number;
            /**
             * Format: double
             * @description Taken from it in the last second, as the roles tell.
             */
            deliveredPerSecond: number;
            /** @description Whose inboxes the world has: `character`, `conversation`, `place` or `shared`. */
            kind: string;
            /** @description Queue or topic. */
            name: string;
            /**
             * Format: double
             * @description Sent to it in the last second, as the roles tell.
             */
            publishedPerSecond: number;
            /**
             * Format: int64
             * @description Waiting to be handed out.
             */
            ready: number;
            /**
             * Format: int64
             * @description Handed out and not settled yet, as the roles tell: up to a second old.
             */
            unacked: number;
            /** @description Slug of its world. */
            world: string;
        };
        /** @description A message with all that is known of its way. */
        InspectedMessage: {
            /** @description All that was sent, those who overheard it last. */
            deliveries: components["schemas"]["BusDelivery"][];
            envelope: components["schemas"]["BusEnvelope"] | null;
            hop: components["schemas"]["Hop"] | null;
            /** @description The inbox that it was sent to. */
            inbox: string | null;
            /** @description The message. */
            message: components["schemas"]["Message"];
            /** @description The trace that it belongs to, as in `traceparent`: that of the conversation that began it all. */
            traceId: string;
        };
        /** @description The journey of a character in this run, or a part of it. */
        Journey: {
            /** @description Display name. */
            character: string;
            /** @description Where they are at home; null in a world without places. */
            home: string | null;
            /** @description Their moves, oldest first. */
            items: components["schemas"]["Move"][];
            /** @description Gives the next part as `cursor`; null at the end. */
            nextCursor: string | null;
            /** @description Where they are, or where they go; null before the first run. */
            place: string | null;
            /** @description True while they are on the way there. */
            travelling: boolean;
        };
        /** @description How long replies took, in milliseconds; null without replies. */
        LatencyMs: {
            /**
             * Format: int64
             * @description The mean.
             */
            mean: number | null;
            /**
             * Format: int64
             * @description Half of them were not slower, about.
             */
            p50: number | null;
            /**
             * Format: int64
             * @description 99 of 100 were not slower, about.
             */
            p99: number | null;
        };
        /** @description Lines of a session. */
        LineList: {
            /** @description Oldest first. */
            items: components["schemas"]["LineShape"][];
            /**
             * Format: int32
             * @description `after` of the next part; null at the end.
             */
            nextAfter: number | null;
        };
        /** @description One line of a session. */
        LineShape: {
            /** @description The words. */
            content: string;
            /** @description Another dialect than the character's own has spoken. */
            fallback: boolean;
            /**
             * Format: uuid
             * @description Its id; `?after=` goes on after it.
             */
            id: string;
            /**
             * Format: int32
             * @description 1..n over the session.
             */
            order: number;
            /**
             * @description `user` or `ai`.
             * @example ai
             */
            role: string;
            /**
             * Format: date-time
             * @description When it was said.
             */
            timestamp: string;
        };
        /** @description A part of a list. */
        List_Character: {
            /** @description The items. */
            items: {
                /** @description Sayings of theirs. */
                catchphrases: string[];
                /** @description The text generator that speaks for them. */
                dialect: string;
                /** @description What they like to talk about. */
                likes: string[];
                /** @description Display name. */
                name: string;
                /** @description Where they come from. */
                origin: components["schemas"]["Origin"];
                /** @description Who they are; null in a world for signed-in people. */
                persona: string | null;
                /** @description There is a picture of them, at `/api/worlds/{world}/characters/{slug}/picture`. */
                picture: boolean;
                /** @description A living role acts for them. */
                present: boolean;
                /** @description For URLs. */
                slug: string;
                /** @description Big Five traits, each 0 to 1. */
                traits: {
                    [key: string]: number;
                };
            }[];
            /** @description Gives the next part as `cursor`; null at the end. */
            nextCursor: string | null;
        };
        /** @description A part of a list. */
        List_Conversation: {
            /** @description The items. */
            items: {
                /**
                 * Format: date-time
                 * @description When it was opened.
                 */
                createdAt: string;
                /**
                 * Format: date-time
                 * @description When it was closed.
                 */
                endedAt: string | null;
                /**
                 * Format: int32
                 * @description Exchanges so far; a side thread goes on from its parent's count.
                 */
                exchanges: number;
                /**
                 * Format: uuid
                 * @description Its id.
                 */
                id: string;
                /** @description What sort it is. */
                kind: components["schemas"]["ConversationKind"];
                /**
                 * Format: uuid
                 * @description The conversation that a side thread branched off from.
                 */
                parentId: string | null;
                /** @description Display names, the one who opened it first. */
                participants: string[];
                /** @description Active or closed. */
                status: components["schemas"]["ConversationStatus"];
                /** @description What it is about. */
                topic: string | null;
                /** @description The world's slug. */
                world: string;
            }[];
            /** @description Gives the next part as `cursor`; null at the end. */
            nextCursor: string | null;
        };
        /** @description A part of a list. */
        List_DeadLetter: {
            /** @description The items. */
            items: {
                /**
                 * Format: date-time
                 * @description When.
                 */
                at: string;
                /** @description The body as text, shortened. */
                body: string;
                /** @description CloudEvents attributes, or the headers of something foreign. */
                headers: components["schemas"]["Header"][];
                /** @description Names it for `replay` and `drop`. */
                id: string;
                /** @description The inbox that it was in. */
                inbox: string;
                /** @description Why it was put aside. */
                reason: string;
                /** @description Slug of the world among whose dead letters it is. */
                world: string;
            }[];
            /** @description Gives the next part as `cursor`; null at the end. */
            nextCursor: string | null;
        };
        /** @description A part of a list. */
        List_Hit: {
            /** @description The items. */
            items: {
                /** @description Where it was said. */
                conversation: components["schemas"]["Conversation"];
                /** @description The line. */
                message: components["schemas"]["Message"];
                /** @description A piece of its text around what was found. */
                snippet: components["schemas"]["Snippet"];
            }[];
            /** @description Gives the next part as `cursor`; null at the end. */
            nextCursor: string | null;
        };
        /** @description A part of a list. */
        List_Inbox: {
            /** @description The items. */
            items: {
                /** @description Slug of the character whose inbox it is; null where several share it. */
                character: string | null;
                /**
                 * Format: int64
                 * @description Consumers attached.
                 */
                consumers: number;
                /**
                 * Format: double
                 * @description Taken from it in the last second, as the roles tell.
                 */
                deliveredPerSecond: number;
                /** @description Whose inboxes the world has: `character`, `conversation`, `place` or `shared`. */
                kind: string;
                /** @description Queue or topic. */
                name: string;
                /**
                 * Format: double
                 * @description Sent to it in the last second, as the roles tell.
                 */
                publishedPerSecond: number;
                /**
                 * Format: int64
                 * @description Waiting to be handed out.
                 */
                ready: number;
                /**
                 * Format: int64
                 * @description Handed out and not settled yet, as the roles tell: up to a second old.
                 */
                unacked: number;
                /** @description Slug of its world. */
                world: string;
            }[];
            /** @description Gives the next part as `cursor`; null at the end. */
            nextCursor: string | null;
        };
        /** @description A part of a list. */
        List_Message: {
            /** @description The items. */
            items: {
                /**
                 * Format: uuid
                 * @description The conversation.
                 */
                conversationId: string;
                /** @description The conversation's kind. */
                conversationKind: components["schemas"]["ConversationKind"];
                /**
                 * Format: date-time
                 * @description When it was said.
                 */
                createdAt: string;
                /** @description Another dialect than the one asked for has spoken. */
                fallback: boolean;
                /** @description Who said it (display name). */
                from: string;
                /** @description For hearsay: who told it, then who told them, back to who said it first. */
                heardFrom: string[];
                /**
                 * Format: uuid
                 * @description Its id.
                 */
                id: string;
                /** @description Line, aside or scene. */
                kind: components["schemas"]["MessageKind"];
                /**
                 * Format: int32
                 * @description 1..n over the lines of the conversation; asides have a count of their own.
                 */
                order: number;
                /**
                 * Format: uuid
                 * @description The conversation's parent, for a side thread.
                 */
                parentId: string | null;
                /** @description A character or a person. */
                role: components["schemas"]["SpeakerRole"];
                /**
                 * Format: double
                 * @description VADER compound score.
                 */
                sentiment: number;
                /** @description The words. */
                text: string;
                /** @description To whom (display names). */
                to: string[];
            }[];
            /** @description Gives the next part as `cursor`; null at the end. */
            nextCursor: string | null;
        };
        /** @description A part of a list. */
        List_Notification: {
            /** @description The items. */
            items: {
                /**
                 * Format: int32
                 * @description Coins that came with it.
                 */
                coins: number;
                /**
                 * Format: date-time
                 * @description When.
                 */
                createdAt: string;
                /**
                 * Format: uuid
                 * @description The companion that it is about.
                 */
                creatureId: string | null;
                /**
                 * Format: uuid
                 * @description Its id.
                 */
                id: string;
                /** @description `runaway`, `recovered` or `rare_event`. */
                kind: string;
                /**
                 * Format: date-time
                 * @description When it was read; null: not yet.
                 */
                readAt: string | null;
                /** @description The sentence. */
                text: string;
            }[];
            /** @description Gives the next part as `cursor`; null at the end. */
            nextCursor: string | null;
        };
        /** @description A part of a list. */
        List_PlaceState: {
            /** @description The items. */
            items: {
                /** @description One sentence about it. */
                about: string;
                /**
                 * Format: int32
                 * @description How many characters it is meant for; null: any number.
                 */
                capacity: number | null;
                /** @description Who is here, or on their way here (display names), at most 1,000. */
                characters: string[];
                /**
                 * Format: int64
                 * @description How many characters are here, or on their way here.
                 */
                count: number;
                /** @description Display name. */
                place: string;
                /** @description Its queue or topic. */
                queue: string;
                /** @description Its slug. */
                slug: string;
                /** @description Those of them who are still on their way. */
                travelling: string[];
                /** @description True while a living process receives who arrives. */
                up: boolean;
                /**
                 * Format: int64
                 * @description Messages that wait there; null while the bus can't be asked.
                 */
                waiting: number | null;
            }[];
            /** @description Gives the next part as `cursor`; null at the end. */
            nextCursor: string | null;
        };
        /** @description A part of a list. */
        List_Role: {
            /** @description The items. */
            items: {
                /** @description The machine's name. */
                host: string;
                /**
                 * Format: uuid
                 * @description Its place: stays when its supervisor starts it again.
                 */
                id: string;
                /**
                 * Format: date-time
                 * @description When it last told of itself; null: never yet.
                 */
                lastSeen: string | null;
                /**
                 * @description Slugs of the characters that it acts for; empty for one that acts for the whole cast, or for
                 *     nobody.
                 */
                names: string[];
                /**
                 * Format: int32
                 * @description Its process, while there was one.
                 */
                pid: number | null;
                /** @description `gateway`, `character`, `relay`, `jobs`, or `all` in one process. */
                role: string;
                /**
                 * Format: date-time
                 * @description When its process began.
                 */
                startedAt: string;
                /** @description How it is. */
                status: components["schemas"]["RoleStatus"];
                /** @description A supervisor is there that can stop and start it. */
                supervised: boolean;
                /** @description What is wanted of it: `running` or `stopped`. */
                wanted: string;
                /** @description Slugs of the worlds that it serves. */
                worlds: string[];
            }[];
            /** @description Gives the next part as `cursor`; null at the end. */
            nextCursor: string | null;
        };
        /** @description A part of a list. */
        List_Runaway: {
            /** @description The items. */
            items: {
                /**
                 * Format: int32
                 * @description Attempts so far.
                 */
                attempts: number;
                /** @description The character that it is a copy of. */
                character: string;
                /**
                 * Format: uuid
                 * @description The companion's id.
                 */
                creatureId: string;
                /** @description `easy`, `normal` or `hard`. */
                difficulty: string;
                /** @description Its name. */
                name: string;
                /**
                 * Format: double
                 * @description Chance that an attempt succeeds.
                 */
                odds: number;
                /**
                 * Format: int32
                 * @description What an attempt costs, in coins.
                 */
                price: number;
                /**
                 * Format: date-time
                 * @description When it ran away.
                 */
                ranAt: string;
            }[];
            /** @description Gives the next part as `cursor`; null at the end. */
            nextCursor: string | null;
        };
        /** @description A part of a list. */
        List_Talk: {
            /** @description The items. */
            items: {
                /** @description Where the topic comes from: `topic` (the pool), `absence` (you were missed), `rare_event`. */
                about: string;
                /**
                 * Format: int32
                 * @description Coins that were found.
                 */
                coins: number;
                /** @description They fell out. */
                conflict: boolean;
                /**
                 * Format: date-time
                 * @description When it began.
                 */
                createdAt: string;
                /**
                 * Format: uuid
                 * @description Its id.
                 */
                id: string;
                /** @description What was said. */
                messages: components["schemas"]["TalkLine"][];
                /** @description Who took part, the one who opened it first. */
                participants: components["schemas"]["TalkPerson"][];
                /**
                 * Format: date-time
                 * @description When you read it; null: not yet.
                 */
                readAt: string | null;
                /** @description What it is about. */
                topic: string;
                /** @description Slug of the world. */
                world: string;
            }[];
            /** @description Gives the next part as `cursor`; null at the end. */
            nextCursor: string | null;
        };
        /** @description A part of a list. */
        List_World: {
            /** @description The items. */
            items: {
                /** @description One sentence about it. */
                about: string;
                /** @description Who may enter: anybody (`open`) or signed-in people (`session`). */
                access: string;
                /** @description `GET` paths that start a conversation. */
                aliases: string[];
                /** @description Slugs of the cast. */
                characters: string[];
                /** @description Names of the mechanics that are switched on. */
                mechanics: string[];
                /**
                 * @description The language models that characters speak through (`gemini:gemini-3-flash`); null where
                 *     everybody speaks scripted lines.
                 */
                model: string | null;
                /** @description Its slug. */
                name: string;
                /** @description The pause between lines: `0`, `500ms`, `1s`, .. */
                pace: string;
                /** @description Nothing is said while it is paused. */
                paused: boolean;
                /** @description Its names on the bus. */
                routing: components["schemas"]["Routing"];
                /** @description Its name for people. */
                title: string;
            }[];
            /** @description Gives the next part as `cursor`; null at the end. */
            nextCursor: string | null;
        };
        /**
         * @description Username and password, as the password grant of OAuth 2 sends them. With `grant_type` set to
         *     `refresh_token` it is the refresh token instead.
         * @example {
         *       "username": "marla",
         *       "password": "two wet umbrellas"
         *     }
         */
        Login: {
            /**
             * @description `password` (also where it is left out) or `refresh_token`.
             * @default null
             */
            grant_type: string | null;
            /**
             * @description What only they know.
             * @default
             */
            password: string;
            /**
             * @description With `grant_type=refresh_token`: the refresh token.
             * @default null
             */
            refresh_token: string | null;
            /**
             * @description By what they sign in.
             * @default
             */
            username: string;
        };
        /** @description A part of a text, in UTF-16 code units (what JavaScript's `slice` counts). */
        Mark: {
            /** @description Before what it ends. */
            end: number;
            /** @description Where it begins. */
            start: number;
        };
        /**
         * @description One line said in a conversation.
         * @example {
         *       "id": "0c4ff4d1-6f7b-5b5c-8a51-2f6a3d1c9e55",
         *       "conversationId": "5b0e2f3c-6b1e-5c53-9d0b-0d7c1a2f9f10",
         *       "parentId": null,
         *       "conversationKind": "duet",
         *       "order": 1,
         *       "from": "Ross",
         *       "to": [
         *         "Rachel"
         *       ],
         *       "text": "Did you know that it had feathers?",
         *       "kind": "line",
         *       "role": "ai",
         *       "sentiment": 0.2,
         *       "heardFrom": [],
         *       "fallback": false,
         *       "createdAt": "2026-01-31T18:00:01Z"
         *     }
         */
        Message: {
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversationId: string;
            /** @description The conversation's kind. */
            conversationKind: components["schemas"]["ConversationKind"];
            /**
             * Format: date-time
             * @description When it was said.
             */
            createdAt: string;
            /** @description Another dialect than the one asked for has spoken. */
            fallback: boolean;
            /** @description Who said it (display name). */
            from: string;
            /** @description For hearsay: who told it, then who told them, back to who said it first. */
            heardFrom: string[];
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description Line, aside or scene. */
            kind: components["schemas"]["MessageKind"];
            /**
             * Format: int32
             * @description 1..n over the lines of the conversation; asides have a count of their own.
             */
            order: number;
            /**
             * Format: uuid
             * @description The conversation's parent, for a side thread.
             */
            parentId: string | null;
            /** @description A character or a person. */
            role: components["schemas"]["SpeakerRole"];
            /**
             * Format: double
             * @description VADER compound score.
             */
            sentiment: number;
            /** @description The words. */
            text: string;
            /** @description To whom (display names). */
            to: string[];
        };
        /**
         * @description Said to the others, a comment from outside, or what happened at a place.
         * @enum {string}
         */
        MessageKind: "line" | "aside" | "scene";
        /**
         * @description How a companion feels.
         * @enum {string}
         */
        Mood: "happy" | "neutral" | "unhappy";
        /** @description A mood at a time. */
        MoodAt: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description How. */
            mood: components["schemas"]["Mood"];
        };
        /** @description How companions feel. */
        Moods: {
            /**
             * Format: int64
             * @description Coins that you have.
             */
            coins: number;
            /** @description Each of them. */
            companions: components["schemas"]["Creature"][];
            /**
             * Format: int32
             * @description How many are happy.
             */
            happy: number;
            /**
             * Format: int32
             * @description How many are neither.
             */
            neutral: number;
            /**
             * Format: int32
             * @description How many are unhappy.
             */
            unhappy: number;
        };
        /** @description A move: some go from one place to another in one message. Also the data of `characters.moved`. */
        Move: {
            /**
             * Format: date-time
             * @description When the other place received them.
             */
            arrivedAt: string | null;
            /**
             * Format: date-time
             * @description When they set out.
             */
            at: string;
            /** @description Who decided: `start`, `script`, `model` or `hand`. */
            by: string;
            /** @description Who goes (display names). Nobody at the start of a group. */
            characters: string[];
            /** @description What came of it. */
            consequence: string;
            /** @description From where (display name); null at the start of a group. */
            from: string | null;
            /** @description Slug of `from`. */
            fromSlug: string | null;
            /**
             * Format: uuid
             * @description Which of the groups of the run.
             */
            group: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description The queue or topic that it is sent to. */
            queue: string;
            /**
             * Format: uuid
             * @description The run that it belongs to.
             */
            run: string;
            /** @description What happened where they set out: one sentence of at most 20 words. */
            scene: string;
            /** @description Their slugs, in the same order. */
            slugs: string[];
            /** @description `sent` (on the way) or `arrived`. */
            state: string;
            /** @description To where (display name). */
            to: string;
            /** @description Slug of `to`. */
            toSlug: string;
            /** @description Who took part in it (display names). */
            tookPart: string[];
            /** @description The world's slug. */
            world: string;
        };
        /**
         * @description Who is to go where.
         * @example {
         *       "characters": [
         *         "ross"
         *       ],
         *       "to": "library"
         *     }
         */
        MoveRequest: {
            /**
             * @description Slugs or names, at most 20, all at one place.
             * @default []
             */
            characters: string[];
            /**
             * @description Slug or name of the place.
             * @default
             */
            to: string;
        };
        /** @description A sentence for somebody. */
        Notification: {
            /**
             * Format: int32
             * @description Coins that came with it.
             */
            coins: number;
            /**
             * Format: date-time
             * @description When.
             */
            createdAt: string;
            /**
             * Format: uuid
             * @description The companion that it is about.
             */
            creatureId: string | null;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description `runaway`, `recovered` or `rare_event`. */
            kind: string;
            /**
             * Format: date-time
             * @description When it was read; null: not yet.
             */
            readAt: string | null;
            /** @description The sentence. */
            text: string;
        };
        /**
         * @description Where a character comes from.
         * @enum {string}
         */
        Origin: "world" | "catalogue" | "registered";
        /**
         * @description Username and password.
         * @example {
         *       "username": "marla",
         *       "password": "two wet umbrellas"
         *     }
         */
        PageSignIn: {
            /**
             * @description What only they know.
             * @default
             */
            password: string;
            /**
             * @description By what they sign in.
             * @default
             */
            username: string;
        };
        /** @description All that is kept of a person. */
        PersonExport: {
            /** @description Their account. */
            account: components["schemas"]["Account"];
            /** @description Their companions, in whatever world. */
            companions: components["schemas"]["ExportedCompanion"][];
            /** @description Coins given and taken, the newest first. */
            payments: components["schemas"]["Coins"][];
            /** @description Their talks with characters, the latest begun first. */
            sessions: components["schemas"]["ExportedSession"][];
            /** @description What keeps them signed in. */
            signIns: components["schemas"]["Grant"][];
        };
        /** @description A place, with who is there. */
        PlaceState: {
            /** @description One sentence about it. */
            about: string;
            /**
             * Format: int32
             * @description How many characters it is meant for; null: any number.
             */
            capacity: number | null;
            /** @description Who is here, or on their way here (display names), at most 1,000. */
            characters: string[];
            /**
             * Format: int64
             * @description How many characters are here, or on their way here.
             */
            count: number;
            /** @description Display name. */
            place: string;
            /** @description Its queue or topic. */
            queue: string;
            /** @description Its slug. */
            slug: string;
            /** @description Those of them who are still on their way. */
            travelling: string[];
            /** @description True while a living process receives who arrives. */
            up: boolean;
            /**
             * Format: int64
             * @description Messages that wait there; null while the bus can't be asked.
             */
            waiting: number | null;
        };
        /**
         * @description Why a request was not carried out (RFC 9457).
         * @example {
         *       "type": "urn:parlor:problem:unknown_world",
         *       "title": "Not Found",
         *       "status": 404,
         *       "code": "unknown_world",
         *       "detail": "there is no world 'freinds' on this server; it has: friends"
         *     }
         */
        Problem: {
            /** @description Stable name of the problem, for programs. */
            code: string;
            /** @description What is wrong here and how to mend it, for people. */
            detail: string;
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description The status, in words. */
            title: string;
            /** @description `urn:parlor:problem:` and the code. */
            type: string;
        };
        /**
         * @description Whether everything that is needed is there.
         * @example {
         *       "status": "ready",
         *       "role": "gateway",
         *       "dependencies": [
         *         {
         *           "name": "store",
         *           "kind": "sqlite",
         *           "ready": true,
         *           "why": null
         *         }
         *       ]
         *     }
         */
        Readiness: {
            /** @description Each of them. */
            dependencies: components["schemas"]["Dependency"][];
            /** @description Which role answers. */
            role: string;
            /** @description `ready` or `unready`. */
            status: string;
        };
        /** @description An attempt to win somebody back. */
        Recovered: {
            /**
             * Format: int64
             * @description Coins that are left.
             */
            coins: number;
            /**
             * Format: uuid
             * @description Which companion.
             */
            creatureId: string;
            /** @description How hard it is now, where it did not. */
            difficulty: string;
            /** @description What happened, in a sentence. */
            message: string;
            /**
             * Format: int32
             * @description What it cost, in coins.
             */
            price: number;
            /** @description It came back. */
            success: boolean;
        };
        /**
         * @description A refresh token.
         * @example {
         *       "refresh_token": "0d3c.."
         *     }
         */
        Refresh: {
            /**
             * @description As `POST /login` or the last refresh gave it.
             * @default
             */
            refresh_token: string;
        };
        /**
         * @description A wish for an account.
         * @example {
         *       "username": "marla",
         *       "name": "Marla Quince",
         *       "password": "two wet umbrellas"
         *     }
         */
        Register: {
            /**
             * @description What they are called; the username where it is left out.
             * @default
             */
            name: string;
            /**
             * @description 8 to 256 characters, and none that everybody tries first.
             * @default
             */
            password: string;
            /**
             * @description 3 to 64 letters, digits and `. _ - @ +`; no two people have the same, in whatever case.
             * @default
             */
            username: string;
        };
        /**
         * @example {
         *       "title": "The one about the boots"
         *     }
         */
        Renaming: {
            /** @description What it is called from now on, at most 80 characters. */
            title: string;
        };
        /**
         * @description A process of a role.
         * @example {
         *       "id": "3e0b6a52-5f0e-4a0f-9a55-0d9d5b6f2a11",
         *       "role": "character",
         *       "worlds": [
         *         "friends"
         *       ],
         *       "names": [
         *         "rachel"
         *       ],
         *       "pid": 4711,
         *       "host": "stage-2",
         *       "startedAt": "2026-01-31T18:00:00Z",
         *       "lastSeen": "2026-01-31T18:05:00Z",
         *       "status": "up",
         *       "wanted": "running",
         *       "supervised": true
         *     }
         */
        Role: {
            /** @description The machine's name. */
            host: string;
            /**
             * Format: uuid
             * @description Its place: stays when its supervisor starts it again.
             */
            id: string;
            /**
             * Format: date-time
             * @description When it last told of itself; null: never yet.
             */
            lastSeen: string | null;
            /**
             * @description Slugs of the characters that it acts for; empty for one that acts for the whole cast, or for
             *     nobody.
             */
            names: string[];
            /**
             * Format: int32
             * @description Its process, while there was one.
             */
            pid: number | null;
            /** @description `gateway`, `character`, `relay`, `jobs`, or `all` in one process. */
            role: string;
            /**
             * Format: date-time
             * @description When its process began.
             */
            startedAt: string;
            /** @description How it is. */
            status: components["schemas"]["RoleStatus"];
            /** @description A supervisor is there that can stop and start it. */
            supervised: boolean;
            /** @description What is wanted of it: `running` or `stopped`. */
            wanted: string;
            /** @description Slugs of the worlds that it serves. */
            worlds: string[];
        };
        /**
         * @description How a role is: it told of itself a moment ago, is silent, is silent for good, was stopped.
         * @enum {string}
         */
        RoleStatus: "up" | "late" | "gone" | "stopped";
        /** @description A world's names on the bus. */
        Routing: {
            /** @description The exchange. */
            exchange: components["schemas"]["Exchange"];
            /** @description Whose inboxes: `character`, `conversation`, `place` or `shared`. */
            inbox: string;
            /** @description Template of the routing key. */
            key: string;
            /** @description Template of the queue or topic. */
            queue: string;
        };
        /** @description A run has begun. */
        RunBegun: {
            /** @description How many characters are at home now. */
            characters: number;
            /** @description How many places there are. */
            places: number;
            /**
             * Format: uuid
             * @description Its id.
             */
            run: string;
            /** @description Always `started`. */
            status: string;
            /** @description The world's slug. */
            world: string;
        };
        /** @description A companion that ran away. */
        Runaway: {
            /**
             * Format: int32
             * @description Attempts so far.
             */
            attempts: number;
            /** @description The character that it is a copy of. */
            character: string;
            /**
             * Format: uuid
             * @description The companion's id.
             */
            creatureId: string;
            /** @description `easy`, `normal` or `hard`. */
            difficulty: string;
            /** @description Its name. */
            name: string;
            /**
             * Format: double
             * @description Chance that an attempt succeeds.
             */
            odds: number;
            /**
             * Format: int32
             * @description What an attempt costs, in coins.
             */
            price: number;
            /**
             * Format: date-time
             * @description When it ran away.
             */
            ranAt: string;
        };
        /** @description A part of a person's sessions. */
        SessionList: {
            /** @description The latest begun first. */
            items: components["schemas"]["SessionShape"][];
            /** @description Gives the next part; null at the end. */
            nextCursor: string | null;
        };
        /** @description A talk with a character. */
        SessionShape: {
            /** @description Name of the character; null when they are gone. */
            character: string | null;
            /**
             * Format: uuid
             * @description Id of the character.
             */
            character_id: string;
            /** @description Slug of the character. */
            character_slug: string;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was closed; null while it is active.
             */
            ended_at: string | null;
            /**
             * Format: uuid
             * @description Its id; `?session=` takes it up again.
             */
            id: string;
            /**
             * Format: int32
             * @description Lines said.
             */
            lines: number;
            /**
             * @description ACTIVE while somebody is connected, else CLOSED.
             * @example CLOSED
             */
            status: string;
            /** @description What it is about; null before anything was said. */
            title: string | null;
            /**
             * Format: date-time
             * @description When something was last said, or it was opened or closed.
             */
            updated_at: string;
            /** @description Slug of the world. */
            world: string;
        };
        /** @description A part of a budget. What a running server has set aside for its next calls counts as spent. */
        Share: {
            /**
             * Format: int64
             * @description What is left; null for no limit.
             */
            left: number | null;
            /**
             * Format: int64
             * @description The limit; null for none.
             */
            max: number | null;
            /**
             * Format: int64
             * @description Spent today.
             */
            spent: number;
        };
        /** @description Whether somebody is signed in on this page. */
        SignedIn: {
            account?: components["schemas"]["Account"] | null;
            /** @description To be sent as `x-parlor-csrf` with whatever changes something; null for nobody. */
            csrf?: string | null;
        };
        /**
         * @description A piece of a text, on one line; `…` where something is left out.
         * @example {
         *       "text": "Who ate my sandwich?",
         *       "marks": [
         *         {
         *           "start": 11,
         *           "end": 19
         *         }
         *       ]
         *     }
         */
        Snippet: {
            /** @description What was found in it, in order. */
            marks: components["schemas"]["Mark"][];
            /** @description The piece, as plain text. */
            text: string;
        };
        /**
         * @description A character or a person.
         * @enum {string}
         */
        SpeakerRole: "ai" | "user";
        /**
         * @description A wish for a conversation; what is left out is drawn by the world's dice.
         * @example {
         *       "from": "ross",
         *       "to": "rachel",
         *       "topic": "the dinosaur exhibit"
         *     }
         */
        StartConversation: {
            /**
             * @description Who begins: slug or display name.
             * @default null
             */
            from: string | null;
            /**
             * @description The first line, said by `from`.
             * @default null
             */
            message: string | null;
            /**
             * @description With whom: slug or display name.
             * @default null
             */
            to: string | null;
            /**
             * @description About what.
             * @default null
             */
            topic: string | null;
        };
        /**
         * @description A conversation was started.
         * @example {
         *       "status": "started",
         *       "conversationId": "5b0e2f3c-6b1e-5c53-9d0b-0d7c1a2f9f10",
         *       "with": "Rachel"
         *     }
         */
        Started: {
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversationId: string;
            /** @description Always `started`. */
            status: string;
            /** @description Display name of the one who is spoken to. */
            with: string;
        };
        /** @description Who is where in a world. */
        States: {
            /** @description Its places, in the order of the world file. */
            places: components["schemas"]["PlaceState"][];
            /** @description The world's slug. */
            world: string;
        };
        /**
         * @description How busy the server is.
         * @example {
         *       "messagesPerSecond": 42,
         *       "messagesPerSecondOver10s": 40.5,
         *       "messagesPerSecondOver60s": 12.2,
         *       "conversationsActive": 12,
         *       "conversationsClosed": 4810,
         *       "conversationsAtLeast": false,
         *       "outboxDepth": 12,
         *       "liveViewers": 2
         *     }
         */
        Stats: {
            /**
             * Format: int32
             * @description Conversations that go on.
             */
            conversationsActive: number;
            /** @description There are more than these: counting stops at 100,000. */
            conversationsAtLeast: boolean;
            /**
             * Format: int32
             * @description Conversations that are over.
             */
            conversationsClosed: number;
            /** @description Live-event readers of this gateway. */
            liveViewers: number;
            /**
             * Format: double
             * @description Messages stored in the last second, as the roles tell.
             */
            messagesPerSecond: number;
            /**
             * Format: double
             * @description The mean of the last ten seconds.
             */
            messagesPerSecondOver10s: number;
            /**
             * Format: double
             * @description The mean of the last minute.
             */
            messagesPerSecondOver60s: number;
            /**
             * Format: int64
             * @description Envelopes that are still to be sent, or on their way where the bus keeps nothing.
             */
            outboxDepth: number;
        };
        /**
         * @description A message as `/api/sync` shows it.
         * @example {
         *       "conversationId": "5b0e2f3c-6b1e-5c53-9d0b-0d7c1a2f9f10",
         *       "from": "Ross",
         *       "to": "Rachel",
         *       "message": "Did you know that it had feathers?",
         *       "step": 1,
         *       "createdAt": "2026-01-31T18:00:01Z"
         *     }
         */
        SyncLine: {
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversationId: string;
            /**
             * Format: date-time
             * @description When it was said.
             */
            createdAt: string;
            /** @description Who said it. */
            from: string;
            /** @description The words. */
            message: string;
            /**
             * Format: int32
             * @description Its order in the conversation.
             */
            step: number;
            /** @description To whom; several are separated by a comma. */
            to: string;
        };
        /** @description A conversation among somebody's companions. */
        Talk: {
            /** @description Where the topic comes from: `topic` (the pool), `absence` (you were missed), `rare_event`. */
            about: string;
            /**
             * Format: int32
             * @description Coins that were found.
             */
            coins: number;
            /** @description They fell out. */
            conflict: boolean;
            /**
             * Format: date-time
             * @description When it began.
             */
            createdAt: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description What was said. */
            messages: components["schemas"]["TalkLine"][];
            /** @description Who took part, the one who opened it first. */
            participants: components["schemas"]["TalkPerson"][];
            /**
             * Format: date-time
             * @description When you read it; null: not yet.
             */
            readAt: string | null;
            /** @description What it is about. */
            topic: string;
            /** @description Slug of the world. */
            world: string;
        };
        /** @description A line of a conversation. */
        TalkLine: {
            /** @description Who said it. */
            from: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /**
             * Format: int32
             * @description 1..n.
             */
            order: number;
            /**
             * Format: double
             * @description VADER compound score.
             */
            sentiment: number;
            /** @description The words. */
            text: string;
            /** @description To whom. */
            to: string[];
        };
        /** @description Somebody in a conversation. */
        TalkPerson: {
            /** @description The character that it is a copy of. */
            character: string;
            /**
             * Format: uuid
             * @description The companion's id; it may have run away since.
             */
            creatureId: string;
            /** @description Its mood after. */
            moodAfter: components["schemas"]["Mood"];
            /** @description Its mood before. */
            moodBefore: components["schemas"]["Mood"];
            /** @description Its name. */
            name: string;
            /**
             * Format: double
             * @description What it thinks of the topic, -1 (against) to 1 (for).
             */
            opinion: number;
        };
        /**
         * @description What keeps a program signed in (RFC 6749, section 5.1).
         * @example {
         *       "access_token": "eyJ..",
         *       "token_type": "bearer",
         *       "expires_in": 900,
         *       "refresh_token": "0d3c.."
         *     }
         */
        Tokens: {
            /** @description To be sent as `Authorization: Bearer ..`. */
            access_token: string;
            /**
             * Format: int64
             * @description Seconds until the access token is worth nothing.
             */
            expires_in: number;
            /** @description For `POST /refresh`, once: it gives the next one. */
            refresh_token: string;
            /** @description `bearer` */
            token_type: string;
        };
        /** @description How many conversations are not read. */
        Unread: {
            /**
             * Format: int32
             * @description Up to a hundred.
             */
            unread: number;
        };
        /** @description The usage of the last days, and today's budgets. */
        UsageReport: {
            /** @description What worlds may spend and have spent today. */
            budgets: components["schemas"]["Budget"][];
            /** @description By day (newest first), world and model. */
            items: components["schemas"]["DayUsage"][];
        };
        /** @description What a good access token says. */
        Valid: {
            /**
             * Format: date-time
             * @description From then on it is worth nothing.
             */
            expires_at: string;
            /** @description `user` or `admin` */
            role: string;
            /**
             * Format: uuid
             * @description Id of the account.
             */
            sub: string;
            /** @description By what they sign in. */
            username: string;
            /** @description Always true: a token that is not good is a 401. */
            valid: boolean;
        };
        /**
         * @description A token that is to be looked at.
         * @example {}
         */
        Validate: {
            /**
             * @description The access token; that of `Authorization` where it is left out.
             * @default null
             */
            token: string | null;
        };
        /**
         * @description Who a character is to be. What is left out of a change stays.
         * @example {
         *       "name": "Marla Quince",
         *       "system_prompt": "A retired lighthouse keeper who answers every question with weather.",
         *       "greeting": "Wind from the west. Sit down.",
         *       "visibility": "private"
         *     }
         */
        Wanted: {
            /**
             * @description What they say first; at most 2,000 characters.
             * @default null
             */
            greeting: string | null;
            /**
             * @description What they like to talk about; at most 20 of at most 80 characters.
             * @default null
             */
            likes: string[] | null;
            /**
             * @description Display name, at most 60 characters. It stays.
             * @default null
             */
            name: string | null;
            /**
             * @description Who they are and how they talk, for a language model; at most 20,000 characters.
             * @default null
             */
            system_prompt: string | null;
            /**
             * @description Who may see and talk with them: `public`, `unlisted` or `private`. Private where it is left out.
             * @default null
             * @example private
             */
            visibility: string | null;
            /**
             * @description Slug of the world; the first in which people talk with characters where it is left out.
             * @default null
             */
            world: string | null;
        };
        /**
         * @description A world.
         * @example {
         *       "name": "friends",
         *       "title": "Central Perk",
         *       "about": "Friends who can't let a remark go.",
         *       "access": "open",
         *       "paused": false,
         *       "pace": "1s",
         *       "characters": [
         *         "ross",
         *         "rachel"
         *       ],
         *       "mechanics": [
         *         "exchange_limit",
         *         "gossip"
         *       ],
         *       "routing": {
         *         "inbox": "character",
         *         "exchange": {
         *           "name": "friends-exchange",
         *           "type": "direct"
         *         },
         *         "queue": "q-{Name}",
         *         "key": "{Name}"
         *       },
         *       "aliases": [
         *         "/start-convo-bro"
         *       ],
         *       "model": null
         *     }
         */
        World: {
            /** @description One sentence about it. */
            about: string;
            /** @description Who may enter: anybody (`open`) or signed-in people (`session`). */
            access: string;
            /** @description `GET` paths that start a conversation. */
            aliases: string[];
            /** @description Slugs of the cast. */
            characters: string[];
            /** @description Names of the mechanics that are switched on. */
            mechanics: string[];
            /**
             * @description The language models that characters speak through (`gemini:gemini-3-flash`); null where
             *     everybody speaks scripted lines.
             */
            model: string | null;
            /** @description Its slug. */
            name: string;
            /** @description The pause between lines: `0`, `500ms`, `1s`, .. */
            pace: string;
            /** @description Nothing is said while it is paused. */
            paused: boolean;
            /** @description Its names on the bus. */
            routing: components["schemas"]["Routing"];
            /** @description Its name for people. */
            title: string;
        };
        /**
         * @description What to change of a world; what is left out stays.
         * @example {
         *       "pace": "500ms",
         *       "paused": false
         *     }
         */
        WorldChange: {
            /**
             * @description The pause between lines: `0`, `30ms`, `2.5s`, at most `1m`.
             * @default null
             */
            pace: string | null;
            /**
             * @description Nothing is said while it is paused.
             * @default null
             */
            paused: boolean | null;
        };
        /**
         * @description A world's pace was set: the data of `world.changed`.
         * @example {
         *       "world": "friends",
         *       "pace": "500ms"
         *     }
         */
        WorldChanged: {
            /** @description The pause between lines from now on: `0`, `500ms`, `1s`, .. */
            pace: string;
            /** @description The world's slug. */
            world: string;
        };
        /** @description A world was paused or resumed: the data of `world.paused` and `world.resumed`. */
        WorldPaused: {
            /** @description Whether it is paused now. */
            paused: boolean;
            /** @description The world's slug. */
            world: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All that are in use. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ask: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["BotAsk"];
            };
        };
        responses: {
            /** @description The reply. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description `invalid_json`, `unknown_field`, `invalid_request`, `invalid_name`, `invalid_text`, `refused` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_key`, `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world`, `no_bots`, `unknown_bot`, `unknown_conversation` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `name_taken`, `stale` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`, `full`, `nobody_is_free`, `paused` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    connect: {
        parameters: {
            query?: {
                /** @description The bot's key, for programs that can't send `Authorization: Bearer`. */
                key?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Switched to the WebSocket protocol. */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `invalid_query`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_key` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `websocket_required` */
            426: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    inboxes: {
        parameters: {
            query?: {
                /** @description Of this world. */
                world?: string;
                /** @description The `nextCursor` of the part before. */
                cursor?: string;
                /** @description How many. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A part of the list. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Inbox"];
                };
            };
            /** @description `invalid_query`, `unknown_field`, `invalid_cursor` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_gallery: {
        parameters: {
            query?: {
                /** @description Only of this world. */
                world?: string;
                /** @description Only the caller's own. */
                own?: boolean;
                /** @description As a `nextCursor` gave it. */
                cursor?: string;
                /** @description 1 to 200; 50 where it is left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GalleryList"];
                };
            };
            /** @description `invalid_query`, `invalid_cursor`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_character: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Wanted"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GalleryCharacter"];
                };
            };
            /** @description `invalid_json`, `wrong_type`, `unknown_field`, `broken_body` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site`, `csrf` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `name_taken`, `catalogue_full` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_long`, `invalid_character`, `too_many_characters` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    gallery_details: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug of the character. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GalleryCharacter"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_character` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_character: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug of the character. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They are gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_yours`, `cross_site`, `csrf` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_character` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_character: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug of the character. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Wanted"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GalleryCharacter"];
                };
            };
            /** @description `invalid_json`, `wrong_type`, `unknown_field`, `broken_body` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_yours`, `cross_site`, `csrf` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_character` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `name_taken`, `catalogue_full` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_long`, `invalid_character` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    gallery_picture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug of the character. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Their picture. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": number[];
                    "image/jpeg": number[];
                    "image/webp": number[];
                };
            };
            /** @description It is the one whose `ETag` the caller has. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_character`, `no_picture` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_picture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug of the character. */
                id: string;
            };
            cookie?: never;
        };
        /** @description The picture's file. */
        requestBody?: {
            content: {
                "application/octet-stream": number[];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GalleryCharacter"];
                };
            };
            /** @description `broken_body` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_yours`, `cross_site`, `csrf` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_character` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `name_taken`, `catalogue_full` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_picture` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    import: {
        parameters: {
            query?: {
                /** @description Slug of the world; the first of the server where it is left out. */
                world?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description The card, whatever its content type says. */
        requestBody?: {
            content: {
                "application/octet-stream": number[];
            };
        };
        responses: {
            /** @description It took the place of an earlier one. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Imported"];
                };
            };
            /** @description It is new. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Imported"];
                };
            };
            /** @description `invalid_card`, `broken_body`, `invalid_query`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site`, `not_operator`, `ops_off` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `name_taken`, `catalogue_full` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    journey: {
        parameters: {
            query?: {
                /** @description Slug of the world; the server's first one with places where left out. */
                world?: string;
                /** @description The `nextCursor` of the part before. */
                cursor?: string;
                /** @description How many. */
                limit?: number;
            };
            header?: never;
            path: {
                /**
                 * @description Slug or name of the character.
                 * @example ross
                 */
                character: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A part of the journey. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Journey"];
                };
            };
            /** @description `invalid_query`, `unknown_field`, `invalid_cursor` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world`, `unknown_character` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    chatroom_conversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The conversation's id.
                 * @example f0a1b2c3-0000-4000-8000-000000000009
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description With all its lines. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Talk"];
                };
            };
            /** @description `invalid_path` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_conversation`: also one of somebody else's companions */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    chatroom_conversations: {
        parameters: {
            query?: {
                /** @description Slug of the world; the first with companions where it is left out. */
                world?: string;
                /** @description The `nextCursor` of the part before. */
                cursor?: string;
                /** @description How many. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A part of the list. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Talk"];
                };
            };
            /** @description `invalid_query`, `unknown_field`, `invalid_cursor` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world`, `no_companions` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    generate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description May be empty. */
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Generate"];
            };
        };
        responses: {
            /** @description It has begun. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Generated"];
                };
            };
            /** @description `invalid_json`, `unknown_field`, `wrong_type` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_admin`, `cross_site`, `csrf` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world`, `no_companions` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_share` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    mark_read: {
        parameters: {
            query?: {
                /** @description Slug of the world; the first with companions where it is left out. */
                world?: string;
            };
            header?: never;
            path: {
                /**
                 * @description The conversation's id.
                 * @example f0a1b2c3-0000-4000-8000-000000000009
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is read; how many of that world are not. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Unread"];
                };
            };
            /** @description `invalid_path`, `invalid_query`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site`, `csrf` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_conversation`, `unknown_world`, `no_companions` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    meditate: {
        parameters: {
            query?: {
                /** @description Slug of the world; the first with companions where it is left out. */
                world?: string;
            };
            header?: never;
            path: {
                /**
                 * @description The companion's id.
                 * @example f0a1b2c3-0000-4000-8000-000000000009
                 */
                creatureId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Creature"];
                };
            };
            /** @description `invalid_path`, `invalid_query`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site`, `csrf` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_creature`, `unknown_world`, `no_companions` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `no_meditation`: the world does not know it */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    moods: {
        parameters: {
            query?: {
                /** @description Slug of the world; the first with companions where it is left out. */
                world?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Moods"];
                };
            };
            /** @description `invalid_query`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world`, `no_companions` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    recover: {
        parameters: {
            query?: {
                /** @description Slug of the world; the first with companions where it is left out. */
                world?: string;
            };
            header?: {
                /** @description 1 to 200 visible ASCII characters of the caller's choice. */
                "Idempotency-Key"?: string | null;
            };
            path: {
                /**
                 * @description The companion's id.
                 * @example f0a1b2c3-0000-4000-8000-000000000009
                 */
                creatureId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The attempt was made: what came of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recovered"];
                };
            };
            /** @description `invalid_path`, `invalid_query`, `unknown_field`, `invalid_idempotency_key` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site`, `csrf` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_creature`: you have no such runaway; `unknown_world`, `no_companions` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `changed_meanwhile`: another attempt was made at the same moment */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_enough_coins`, `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runaways: {
        parameters: {
            query?: {
                /** @description Slug of the world; the first with companions where it is left out. */
                world?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them, the latest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Runaway"];
                };
            };
            /** @description `invalid_query`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world`, `no_companions` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    unread: {
        parameters: {
            query?: {
                /** @description Slug of the world; the first with companions where it is left out. */
                world?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Unread"];
                };
            };
            /** @description `invalid_query`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world`, `no_companions` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    all_conversations: {
        parameters: {
            query?: {
                /** @description Of this world. */
                world?: string;
                /** @description Active or closed ones. */
                status?: components["schemas"]["ConversationStatus"];
                /** @description Of this kind. */
                kind?: components["schemas"]["ConversationKind"];
                /** @description Side threads of this conversation. */
                parent?: string;
                /**
                 * @description In which somebody of this slug or display name takes part. Then a part may hold fewer items
                 *     than asked for, or none, and yet have a `nextCursor`: 10,000 conversations are looked at for
                 *     each.
                 */
                participant?: string;
                /** @description The `nextCursor` of the part before. */
                cursor?: string;
                /** @description How many. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A part of the list. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Conversation"];
                };
            };
            /** @description `invalid_query`, `unknown_field`, `invalid_cursor` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    conversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description `invalid_id` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_conversation` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    close: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description `invalid_id` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_conversation` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    conversation_messages: {
        parameters: {
            query?: {
                /** @description Only what came after: a `nextCursor`, the `order` of a line, or the id of a message. */
                after?: string;
                /** @description How many. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Id of the conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A part of the list. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Message"];
                };
            };
            /** @description `invalid_id`, `invalid_query`, `unknown_field`, `invalid_cursor` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_conversation` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dead_letters: {
        parameters: {
            query?: {
                /** @description Of this world. */
                world?: string;
                /** @description How many. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The first of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_DeadLetter"];
                };
            };
            /** @description `invalid_query`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    drop_some: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["DeadLetterChoice"];
            };
        };
        responses: {
            /** @description How many were thrown away. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLettersTaken"];
                };
            };
            /** @description `invalid_json`, `unknown_field`, `wrong_type` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site`, `not_operator`, `ops_off` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `no_choice` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replay: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["DeadLetterChoice"];
            };
        };
        responses: {
            /** @description How many were sent again. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLettersTaken"];
                };
            };
            /** @description `invalid_json`, `unknown_field`, `wrong_type` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site`, `not_operator`, `ops_off` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `no_choice` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    directory: {
        parameters: {
            query?: {
                /** @description Of this world. Left out: of the first one to which bots come. */
                world?: string;
                /** @description The `nextCursor` of the part before: a name. */
                cursor?: string;
                /** @description How many. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A part of the directory. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BotList"];
                };
            };
            /** @description `invalid_query`, `unknown_field`, `invalid_cursor` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world`, `no_bots` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    events: {
        parameters: {
            query?: {
                /** @description Only of this world (its slug). */
                world?: string;
                /** @description Only of this conversation. */
                conversation?: string;
                /**
                 * @description Only what came after the event with this id; `Last-Event-ID` goes before it. `0-0` is the
                 *     beginning of everything.
                 */
                after?: string;
            };
            header?: {
                /** @description Go on after this event. */
                "Last-Event-ID"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example id: 0-2a
                     *     event: world.paused
                     *     data: {"world":"friends","paused":true}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description `invalid_query`, `unknown_field`, `invalid_cursor` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world`, `unknown_conversation` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    message: {
        parameters: {
            query?: {
                /** @description Its conversation. Without it only the newest 10,000 messages are looked through. */
                conversation?: string;
            };
            header?: never;
            path: {
                /** @description Id of the message. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All that is known. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InspectedMessage"];
                };
            };
            /** @description `invalid_id`, `invalid_query`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_message` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    notifications: {
        parameters: {
            query?: {
                /** @description Slug of the world; the first with companions where it is left out. */
                world?: string;
                /** @description The `nextCursor` of the part before. */
                cursor?: string;
                /** @description How many. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A part of the list. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Notification"];
                };
            };
            /** @description `invalid_query`, `unknown_field`, `invalid_cursor` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    roles: {
        parameters: {
            query?: {
                /** @description How many. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As they are now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Role"];
                };
            };
            /** @description `invalid_query`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    start_role: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the role. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is going to be started. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Role"];
                };
            };
            /** @description `invalid_id` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site`, `not_operator`, `ops_off` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_role` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_supervised` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stop_role: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the role. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is going to be stopped. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Role"];
                };
            };
            /** @description `invalid_id` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site`, `not_operator`, `ops_off` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_role` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_supervised`, `gateway_stays` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    search: {
        parameters: {
            query: {
                /**
                 * @description Words that all stand in the line, whole, in any order; case and accents don't count, and
                 *     there are no operators. At most 500 bytes and 16 different words.
                 * @example sandwich
                 */
                q: string;
                /** @description Only in this world (slug); else in all that the caller may enter. */
                world?: string;
                /** @description In which order. */
                sort?: ("newest" | "best") & Record<string, never>;
                /** @description The `nextCursor` of the part before, asked for with the same `q`, `world` and `sort`. */
                cursor?: string;
                /** @description How many at most. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A part of what was found. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Hit"];
                };
            };
            /** @description `invalid_query` (also a question without a word, or one that is too long: with the limit), `unknown_field`, `invalid_cursor` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stats: {
        parameters: {
            query?: {
                /** @description Of this world. */
                world?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stats"];
                };
            };
            /** @description `invalid_query`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sync: {
        parameters: {
            query?: {
                /** @description Slug of the world; the server's first one where left out. */
                world?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description At most 20. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SyncLine"][];
                };
            };
            /** @description `invalid_query`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    model_usage: {
        parameters: {
            query?: {
                /** @description Only this world. */
                world?: string;
                /** @description So many days, today among them. */
                days?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The last days, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageReport"];
                };
            };
            /** @description `invalid_query`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    worlds: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_World"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    world: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Slug of the world.
                 * @example friends
                 */
                world: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["World"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Slug of the world.
                 * @example friends
                 */
                world: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["WorldChange"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["World"];
                };
            };
            /** @description `invalid_json`, `unknown_field`, `wrong_type` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_pace` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    characters: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Slug of the world.
                 * @example friends
                 */
                world: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Everybody, in the order of the world file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Character"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    character: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Slug of the world.
                 * @example friends
                 */
                world: string;
                /**
                 * @description Slug of the character.
                 * @example ross
                 */
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As they are now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CharacterDetail"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world`, `unknown_character` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Slug of the world.
                 * @example friends
                 */
                world: string;
                /**
                 * @description Slug of the character.
                 * @example marla-quince
                 */
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They are out of the catalogue. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `cross_site`, `not_operator`, `ops_off` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world`, `unknown_character` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_in_catalogue` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    picture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Slug of the world.
                 * @example friends
                 */
                world: string;
                /**
                 * @description Slug of the character.
                 * @example marla-quince
                 */
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture of their card. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": number[];
                    "image/jpeg": number[];
                    "image/webp": number[];
                };
            };
            /** @description It is the one whose `ETag` the caller has. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world`, `unknown_character`, `no_picture` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    conversations: {
        parameters: {
            query?: {
                /** @description Active or closed ones. */
                status?: components["schemas"]["ConversationStatus"];
                /** @description Of this kind. */
                kind?: components["schemas"]["ConversationKind"];
                /** @description Side threads of this conversation. */
                parent?: string;
                /**
                 * @description In which somebody of this slug or display name takes part. Then a part may hold fewer items
                 *     than asked for, or none, and yet have a `nextCursor`: 10,000 conversations are looked at for
                 *     each.
                 */
                participant?: string;
                /** @description The `nextCursor` of the part before. */
                cursor?: string;
                /** @description How many. */
                limit?: number;
            };
            header?: never;
            path: {
                /**
                 * @description Slug of the world.
                 * @example friends
                 */
                world: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A part of the list. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Conversation"];
                };
            };
            /** @description `invalid_query`, `unknown_field`, `invalid_cursor` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    start: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 200 visible ASCII characters of the caller's choice. */
                "Idempotency-Key"?: string | null;
            };
            path: {
                /**
                 * @description Slug of the world.
                 * @example friends
                 */
                world: string;
            };
            cookie?: never;
        };
        /** @description May be empty. */
        requestBody?: {
            content: {
                "application/json": components["schemas"]["StartConversation"];
            };
        };
        responses: {
            /** @description Started. */
            202: {
                headers: {
                    /** @description Path of the conversation. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description `invalid_json`, `unknown_field` (with the nearest known one), `wrong_type`, `invalid_idempotency_key` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_character` (with the cast), `same_character`, `message_too_long`, `topic_too_long` (with the limit), `invalid_text`, `idempotency_key_reused`, `refused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    world_messages: {
        parameters: {
            query?: {
                /** @description The `nextCursor` of the part before. */
                cursor?: string;
                /** @description How many. */
                limit?: number;
            };
            header?: never;
            path: {
                /**
                 * @description Slug of the world.
                 * @example friends
                 */
                world: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A part of the list. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Message"];
                };
            };
            /** @description `invalid_query`, `unknown_field`, `invalid_cursor` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    send: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Slug of the world.
                 * @example friends
                 */
                world: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["MoveRequest"];
            };
        };
        responses: {
            /** @description They are on their way. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Move"];
                };
            };
            /** @description `invalid_json`, `unknown_field`, `wrong_type` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_together`: they are not at one place, or just on their way. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_character`, `unknown_place`, `refused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pause: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Slug of the world.
                 * @example friends
                 */
                world: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["World"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    places: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Slug of the world.
                 * @example friends
                 */
                world: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_PlaceState"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Slug of the world.
                 * @example friends
                 */
                world: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["World"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    begin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Slug of the world.
                 * @example friends
                 */
                world: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It has begun. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunBegun"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `refused`: nobody travels in this world. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    gallery: {
        parameters: {
            query?: {
                /** @description Only of this world. */
                world?: string;
                /** @description Only the caller's own. */
                own?: boolean;
                /** @description As a `nextCursor` gave it. */
                cursor?: string;
                /** @description 1 to 200; 50 where it is left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GalleryList"];
                };
            };
            /** @description `invalid_query`, `invalid_cursor`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    gallery_character: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or slug of the character. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GalleryCharacter"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_character` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "trigger-knock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Started. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Login"];
                "application/x-www-form-urlencoded": components["schemas"]["Login"];
            };
        };
        responses: {
            /** @description They are signed in. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description `invalid_json`, `invalid_form`, `unknown_field`, `wrong_type`, `broken_body`, `unsupported_grant_type` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `wrong_credentials`, `invalid_refresh_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_many_tries` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description May be empty. */
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Refresh"];
            };
        };
        responses: {
            /** @description They are signed out. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `invalid_json`, `invalid_form`, `unknown_field`, `wrong_type`, `broken_body` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site`, `csrf` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site`, `csrf` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Nothing secret in it: no password, no token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonExport"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    my_sessions: {
        parameters: {
            query?: {
                /** @description Only those with this character (id). */
                character_id?: string;
                /** @description As a `nextCursor` gave it. */
                cursor?: string;
                /** @description 1 to 200; 50 where it is left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionList"];
                };
            };
            /** @description `invalid_query`, `invalid_cursor`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the session. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone; who was in it is shown out. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `invalid_id` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site`, `csrf` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_session` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rename_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the session. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Renaming"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionShape"];
                };
            };
            /** @description `invalid_id`, `invalid_json`, `wrong_type`, `unknown_field`, `broken_body` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site`, `csrf` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_session` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_title` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    session_messages: {
        parameters: {
            query?: {
                /** @description Only lines after this order. */
                after?: number;
                /** @description 1 to 200; 50 where it is left out. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Id of the session. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LineList"];
                };
            };
            /** @description `invalid_id`, `invalid_query`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required`, `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_session` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Prometheus text format. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Everything answers. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something does not answer; `why` says what. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Refresh"];
            };
        };
        responses: {
            /** @description The next ones. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description `invalid_json`, `invalid_form`, `unknown_field`, `wrong_type`, `broken_body` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_refresh_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Register"];
            };
        };
        responses: {
            /** @description They have an account now. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description `invalid_json`, `invalid_form`, `unknown_field`, `wrong_type`, `broken_body` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `username_taken` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_username`, `invalid_name`, `weak_password` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reset: {
        parameters: {
            query?: {
                /** @description Slug of the world; the server's first one with places where left out. */
                world?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Everybody is at home. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["States"];
                };
            };
            /** @description `invalid_query`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `refused`: nobody travels in this world. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Somebody, or nobody. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["PageSignIn"];
            };
        };
        responses: {
            /** @description They are signed in. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            /** @description `invalid_json`, `invalid_form`, `unknown_field`, `wrong_type`, `broken_body` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `wrong_credentials` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_many_tries` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "trigger-start-convo-bro": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Started. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    states: {
        parameters: {
            query?: {
                /** @description Slug of the world; the server's first one with places where left out. */
                world?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["States"];
                };
            };
            /** @description `invalid_query`, `unknown_field` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `sign_in_required` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_world` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Login"];
                "application/x-www-form-urlencoded": components["schemas"]["Login"];
            };
        };
        responses: {
            /** @description They are signed in. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description `invalid_json`, `invalid_form`, `unknown_field`, `wrong_type`, `broken_body`, `unsupported_grant_type` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `wrong_credentials`, `invalid_refresh_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too_many_tries` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    validate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description May be empty. */
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Validate"];
            };
        };
        responses: {
            /** @description It is good. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Valid"];
                };
            };
            /** @description `invalid_json`, `invalid_form`, `unknown_field`, `wrong_type`, `broken_body` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_token` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_json` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unknown_host`: the server is not known under the name in the `Host` header */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: something behind the server is away; `retry-after` says when to ask again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
