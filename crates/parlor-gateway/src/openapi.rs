//! What the document says beyond what each handler says of itself.

use crate::auth::COOKIE;
use crate::problem::PROBLEM_JSON;
use crate::shape;
use utoipa::OpenApi as _;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder};

/// Title, tags, and shapes that no operation names.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Parlor",
        description = "Worlds of AI characters. Every error is a problem (RFC 9457) with a stable \
            `code`: 400 where the request is malformed, 422 where it is well formed but can't be \
            carried out. Lists are `{\"items\": [..], \"nextCursor\": ..}`, times RFC 3339 in UTC."
    ),
    components(schemas(
        shape::WorldPaused,
        shape::WorldChanged,
        shape::Message,
        shape::Conversation
    )),
    tags(
        (name = "worlds", description = "Worlds and their cast"),
        (name = "conversations", description = "Start, list, look at and close conversations"),
        (name = "messages", description = "What was said"),
        (name = "people", description = "Accounts, and signing in"),
        (name = "chat", description = "People talk with characters; lines go over the WebSocket \
            `/ws/{character_id}`"),
        (name = "events", description = "What happens, live"),
        (name = "chatroom", description = "What your companions say among themselves, and how they are"),
        (name = "journeys", description = "Who is where, and how they came there"),
        (name = "operation", description = "For those who run the server"),
    )
)]
struct Frame;

/// The document before the routes are added.
pub(crate) fn frame() -> OpenApi {
    let mut document = Frame::openapi();
    document.info.license = None;
    document.info.contact = None;
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT");
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer.build()));
    let cookie = ApiKey::Cookie(ApiKeyValue::new(COOKIE));
    components.add_security_scheme("cookie", SecurityScheme::ApiKey(cookie));
    document
}

/// Adds the aliases of the worlds, and to every operation the errors that any request can meet.
pub(crate) fn complete<'a>(document: &mut OpenApi, aliases: impl Iterator<Item = &'a String>) {
    let mut aliases: Vec<_> = aliases.collect();
    aliases.sort();
    for alias in aliases {
        let taken = document.paths.paths.contains_key(alias);
        if taken {
            tracing::warn!(
                alias,
                "a route of the server has the path of this alias; it is not reachable"
            );
        } else {
            document.paths.paths.insert(
                alias.clone(),
                PathItem::new(HttpMethod::Get, trigger(alias)),
            );
        }
    }
    for item in document.paths.paths.values_mut() {
        for operation in [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ]
        .into_iter()
        .flatten()
        {
            add_common(operation);
            // An empty body reads as `{}` everywhere.
            if let Some(RefOr::T(body)) = &mut operation.request_body {
                body.required = Some(Required::False);
            }
        }
    }
}

fn trigger(alias: &str) -> Operation {
    let accepted = ResponseBuilder::new()
        .description("Started.")
        .content(
            "application/json",
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Started")))
                .build(),
        )
        .build();
    OperationBuilder::new()
        .tag("conversations")
        .operation_id(Some(format!("trigger{}", alias.replace('/', "-"))))
        .summary(Some(
            "Start a conversation between two whom the dice choose",
        ))
        .response("202", accepted)
        .response("401", problem("`sign_in_required`"))
        .response("403", problem("`cross_site`"))
        .build()
}

fn add_common(operation: &mut Operation) {
    for (status, description) in [
        (
            "421",
            "`unknown_host`: the server is not known under the name in the `Host` header",
        ),
        ("500", "`internal`"),
        (
            "503",
            "`unavailable`: something behind the server is away; `retry-after` says when to ask again",
        ),
    ] {
        operation
            .responses
            .responses
            .entry(status.to_owned())
            .or_insert_with(|| problem(description).into());
    }
}

fn problem(description: &str) -> Response {
    ResponseBuilder::new()
        .description(description)
        .content(
            PROBLEM_JSON,
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build(),
        )
        .build()
}
