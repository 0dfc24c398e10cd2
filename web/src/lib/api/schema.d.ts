// Made by `npm run api:generate` from the OpenAPI document. Do not edit.

export interface paths {
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
        patch?: never;
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
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
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
         *       "dialect": "banter"
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
            /** @description Who they are; null in a world for signed-in people. */
            persona: string | null;
            /** @description For URLs. */
            slug: string;
            /** @description Big Five traits, each 0 to 1. */
            traits: {
                [key: string]: number;
            };
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
                /** @description Who they are; null in a world for signed-in people. */
                persona: string | null;
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
                /** @description Its slug. */
                name: string;
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
        /**
         * @description A world.
         * @example {
         *       "name": "friends",
         *       "title": "Central Perk",
         *       "about": "Friends who can't let a remark go.",
         *       "access": "open",
         *       "paused": false,
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
         *       ]
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
            /** @description Its slug. */
            name: string;
            /** @description Nothing is said while it is paused. */
            paused: boolean;
            /** @description Its names on the bus. */
            routing: components["schemas"]["Routing"];
            /** @description Its name for people. */
            title: string;
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
    conversations: {
        parameters: {
            query?: {
                /** @description Active or closed ones. */
                status?: components["schemas"]["ConversationStatus"];
                /** @description Of this kind. */
                kind?: components["schemas"]["ConversationKind"];
                /** @description Side threads of this conversation. */
                parent?: string;
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
}
