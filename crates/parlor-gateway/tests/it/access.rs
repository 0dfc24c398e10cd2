//! The access table: who may call which route. A route that is not in it fails the test.

use crate::document::{Operation, call, document, operations};
use crate::house::{House, TALK, called_from, house, post};
use axum::Router;
use axum::http::StatusCode;
use parlor_gateway::Gateway;
use parlor_model::account::AccountRole;
use parlor_ports::accounts::AccountStore;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a route says to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It does it (or finds something else to say than that they may not).
    Yes,
    /// 401: sign in.
    SignIn,
    /// 403: not you.
    Not,
    /// 404: what belongs to others is not there.
    Hidden,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    /// Nobody has signed in.
    Nobody,
    /// The person whose it is.
    Owner,
    /// Somebody else.
    Other,
    /// An administrator, to whom it does not belong.
    Admin,
}

const CALLERS: [Caller; 4] = [Caller::Nobody, Caller::Owner, Caller::Other, Caller::Admin];

/// What a route says to each of [`CALLERS`], who calls from this machine; and to nobody and an administrator
/// who call from another one.
type Rule = ([Says; 4], [Says; 2]);

use Says::{Hidden, Not, SignIn, Yes};

/// For everybody, where the world is open to everybody.
const OPEN: Rule = ([Yes; 4], [Yes; 2]);
/// For whoever runs the server: from its own machine, whoever has signed in; from afar administrators.
const OPERATOR: Rule = ([Yes; 4], [Not, Yes]);
/// For people who have signed in, each for themselves.
const OWN: Rule = ([SignIn, Yes, Yes, Yes], [SignIn, Yes]);
/// For administrators.
const ADMIN: Rule = ([SignIn, Not, Not, Yes], [SignIn, Yes]);

/// For people who have signed in, each for what is theirs alone.
const THEIRS: Rule = ([SignIn, Yes, Hidden, Hidden], [SignIn, Hidden]);

const TABLE: &[(&str, Rule)] = &[
    ("DELETE /api/characters/id/{id}", OWN),
    ("DELETE /api/worlds/{world}/characters/{slug}", OPERATOR),
    ("DELETE /me", OWN),
    ("DELETE /me/sessions/{id}", THEIRS),
    ("DELETE /reset", OPEN),
    ("GET /.well-known/jwks.json", OPEN),
    ("GET /api/bots/connect", ([SignIn; 4], [SignIn; 2])),
    ("GET /api/bus/inboxes", OPEN),
    ("GET /api/characters", OWN),
    ("GET /api/characters/id/{id}", OWN),
    ("GET /api/characters/id/{id}/picture", OWN),
    ("GET /api/characters/{character}/journey", OPEN),
    ("GET /api/chatroom/conversation/{id}", OWN),
    ("GET /api/chatroom/conversations", OWN),
    ("GET /api/chatroom/moods", OWN),
    ("GET /api/chatroom/runaways", OWN),
    ("GET /api/chatroom/unread", OWN),
    ("GET /api/conversations", OPEN),
    ("GET /api/conversations/{id}", OPEN),
    ("GET /api/conversations/{id}/messages", OPEN),
    ("GET /api/dead-letters", OPEN),
    ("GET /api/directory", OPEN),
    ("GET /api/events", OPEN),
    ("GET /api/messages/{id}", OPEN),
    ("GET /api/notifications", OWN),
    ("GET /api/roles", OPEN),
    ("GET /api/search", OPEN),
    ("GET /api/stats", OPEN),
    ("GET /api/sync", OPEN),
    ("GET /api/usage", OPEN),
    ("GET /api/worlds", OPEN),
    ("GET /api/worlds/{world}", OPEN),
    ("GET /api/worlds/{world}/characters", OPEN),
    ("GET /api/worlds/{world}/characters/{slug}", OPEN),
    ("GET /api/worlds/{world}/characters/{slug}/picture", OPEN),
    ("GET /api/worlds/{world}/conversations", OPEN),
    ("GET /api/worlds/{world}/messages", OPEN),
    ("GET /api/worlds/{world}/places", OPEN),
    ("GET /characters", OWN),
    ("GET /characters/id/{id}", OWN),
    ("GET /health", OPEN),
    ("GET /me", OWN),
    ("GET /me/export", OWN),
    ("GET /me/sessions", OWN),
    ("GET /me/sessions/{id}/messages", THEIRS),
    ("GET /metrics", OPEN),
    ("GET /ready", OPEN),
    ("GET /session", OPEN),
    ("GET /start-convo-bro", OPEN),
    ("GET /states", OPEN),
    ("PATCH /api/characters/id/{id}", OWN),
    ("PATCH /api/worlds/{world}", OPEN),
    ("PATCH /me/sessions/{id}", THEIRS),
    ("POST /api/bots", OPEN),
    ("POST /api/characters", OWN),
    ("POST /api/characters/import", OPERATOR),
    ("POST /api/chatroom/generate", ADMIN),
    ("POST /api/chatroom/mark-read/{id}", OWN),
    ("POST /api/chatroom/meditate/{creatureId}", OWN),
    ("POST /api/chatroom/recover/{creatureId}", OWN),
    ("POST /api/conversations/{id}/close", OPEN),
    ("POST /api/dead-letters/drop", OPERATOR),
    ("POST /api/dead-letters/replay", OPERATOR),
    ("POST /api/roles/{id}/start", OPERATOR),
    ("POST /api/roles/{id}/stop", OPERATOR),
    ("POST /api/worlds/{world}/conversations", OPEN),
    ("POST /api/worlds/{world}/moves", OPEN),
    ("POST /api/worlds/{world}/pause", OPEN),
    ("POST /api/worlds/{world}/resume", OPEN),
    ("POST /api/worlds/{world}/runs", OPEN),
    ("POST /login", OPEN),
    ("POST /logout", OPEN),
    ("POST /refresh", OPEN),
    ("POST /register", OPEN),
    ("POST /session", OPEN),
    ("POST /token", OPEN),
    ("POST /validate", OWN),
    ("PUT /api/characters/id/{id}/picture", OWN),
];

/// Answers of their own that look like a refusal, whoever asks: what the example gives is not good.
const OWN_REFUSALS: [&str; 10] = [
    "unknown_creature",
    "invalid_refresh_token",
    "wrong_credentials",
    "unknown_conversation",
    "unknown_message",
    "unknown_role",
    "unknown_world",
    "unknown_character",
    "no_picture",
    "not_found",
];

struct People(BTreeMap<&'static str, String>);

impl People {
    /// Three who have signed in.
    async fn of(house: &House, app: &Router) -> Self {
        let mut tokens = BTreeMap::new();
        for username in ["owner", "other", "admin"] {
            let wish = json!({"username": username, "password": "two wet umbrellas"}).to_string();
            let account = post(app, "/register", &wish).await.json();
            if username == "admin" {
                let id = account["id"].as_str().unwrap().parse().unwrap();
                house.set_role(id, AccountRole::Admin).await.unwrap();
            }
            let token = post(app, "/login", &wish).await.json()["access_token"].clone();
            tokens.insert(username, token.as_str().unwrap().to_owned());
        }
        Self(tokens)
    }

    fn token(&self, caller: Caller) -> Option<&str> {
        let username = match caller {
            Caller::Nobody => return None,
            Caller::Owner => "owner",
            Caller::Other => "other",
            Caller::Admin => "admin",
        };
        self.0.get(username).map(String::as_str)
    }
}

/// A house with three people.
struct Hall {
    house: Arc<House>,
    near: Router,
    far: Router,
    document: Value,
}

impl Hall {
    async fn new() -> Self {
        let (house, options) = house();
        let router = Gateway::new(options).router();
        let near = called_from(router.clone(), [127, 0, 0, 1]);
        Self {
            house,
            document: document(&near).await,
            near,
            far: called_from(router, [203, 0, 113, 9]),
        }
    }

    async fn says(&self, app: &Router, operation: &Operation, token: Option<&str>) -> Says {
        let talk = TALK.to_string();
        let holes = ["friends", talk.as_str(), "localhost"];
        let answer = call(app, &self.document, operation, holes, token).await;
        if answer.status.is_success() {
            return Says::Yes;
        }
        if OWN_REFUSALS.contains(&answer.code().as_str()) {
            return Says::Yes;
        }
        match answer.status {
            StatusCode::UNAUTHORIZED => Says::SignIn,
            StatusCode::FORBIDDEN => Says::Not,
            StatusCode::NOT_FOUND => Says::Hidden,
            _ => Says::Yes,
        }
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_the_table_says() {
    let table: BTreeMap<_, _> = TABLE.iter().copied().collect();
    assert_eq!(table.len(), TABLE.len(), "a route is in the table twice");
    let (mut hall, mut wrong) = (Hall::new().await, Vec::new());
    let mut people = People::of(&hall.house, &hall.near).await;
    let mut seen = 0;
    for operation in operations(&hall.document) {
        let name = format!("{} {}", operation.method, operation.path);
        if operation.path == "/knock" {
            // The alias of a world that is for signed-in people.
            assert_eq!(hall.says(&hall.near, &operation, None).await, Says::SignIn);
            continue;
        }
        let Some((rules, from_afar)) = table.get(name.as_str()) else {
            wrong.push(format!(
                "{name} is not in the access table: add a line to it"
            ));
            continue;
        };
        seen += 1;
        for (caller, rule) in CALLERS.into_iter().zip(rules) {
            let says = hall
                .says(&hall.near, &operation, people.token(caller))
                .await;
            if says != *rule {
                wrong.push(format!("{name} says {says:?} to {caller:?}, not {rule:?}"));
            }
        }
        for (caller, rule) in [Caller::Nobody, Caller::Admin].into_iter().zip(from_afar) {
            let again = name == "DELETE /me" && caller == Caller::Admin;
            let says = hall.says(&hall.far, &operation, people.token(caller)).await;
            // By then their account is gone.
            if says != *rule && !again {
                wrong.push(format!(
                    "{name} says {says:?} to {caller:?} from afar, not {rule:?}"
                ));
            }
        }
        if name == "DELETE /me" {
            hall = Hall::new().await;
            people = People::of(&hall.house, &hall.near).await;
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(seen, TABLE.len(), "the table has a route that is not there");
}
