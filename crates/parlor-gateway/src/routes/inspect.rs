//! The packet inspector: one message with all that is known of its way.

use crate::extract::{Fields, Id, Query};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::{BusDelivery, BusEnvelope, Hop, InspectedMessage};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use parlor_model::{Character, ConversationId, Envelope, Message, MessageId, MessageKind, World};
use parlor_ports::inspect::{Inspected, NEWEST_SEARCHED};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Parents that are followed to the conversation that began it all.
const PARENTS_MAX: usize = 100;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new().routes(routes!(message))
}

/// Where to look.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct InspectQuery {
    /// Its conversation. Without it only the newest 10,000 messages are looked through.
    conversation: Option<Uuid>,
}

impl Fields for InspectQuery {
    const NAMES: &'static [&'static str] = &["conversation"];
}

/// A message and its way
///
/// With the envelopes that were sent, exactly as on the bus, and how long each leg of the way took.
#[utoipa::path(get, path = "/api/messages/{id}", tag = "messages",
    params(("id" = Uuid, Path, description = "Id of the message."), InspectQuery),
    responses(
        (status = 200, body = InspectedMessage, description = "All that is known."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_id`, `invalid_query`, `unknown_field`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_message`"),
    ))]
async fn message(
    State(stage): State<Stage>,
    Id(id): Id<MessageId>,
    Query(query): Query<InspectQuery>,
) -> Result<Json<InspectedMessage>, Problem> {
    let unknown = || unknown(id, query.conversation);
    let within = query.conversation.map(ConversationId);
    let found = stage.options.store.inspect(id, within).await?;
    let inspected = found.ok_or_else(unknown)?;
    let conversation = inspected.message.conversation_id;
    let conversation = match stage.conversation(conversation).await {
        Err(problem) if problem.code() == "unknown_conversation" => return Err(unknown()),
        other => other?,
    };
    let world = stage.world(conversation.world.as_str())?.clone();
    let trace = trace_id(&stage, &inspected.message).await?;
    Ok(Json(shape(&world, inspected, trace)))
}

fn unknown(id: MessageId, conversation: Option<Uuid>) -> Problem {
    let detail = match conversation {
        Some(conversation) => format!("there is no message {id} in conversation {conversation}"),
        None => format!(
            "there is no message {id} among the newest {NEWEST_SEARCHED}: for an older one name its \
             conversation, ?conversation=.."
        ),
    };
    Problem::not_found("unknown_message", detail)
}

/// The id of the conversation that began it all.
async fn trace_id(stage: &Stage, message: &Message) -> Result<Uuid, Problem> {
    let mut root = message.conversation_id;
    let mut parent = message.parent_id;
    for _ in 0..PARENTS_MAX {
        let Some(id) = parent else { break };
        root = id;
        let conversation = stage.options.store.conversation(id).await?;
        parent = conversation.and_then(|conversation| conversation.parent_id);
    }
    Ok(root.0)
}

fn shape(world: &World, inspected: Inspected, trace: Uuid) -> InspectedMessage {
    let deliveries = deliveries(world, &inspected, trace);
    let first = deliveries.first();
    InspectedMessage {
        trace_id: trace.simple().to_string(),
        envelope: first.map(|delivery| delivery.envelope.clone()),
        inbox: first.map(|delivery| delivery.inbox.clone()),
        hop: Hop::of(&inspected),
        message: inspected.message.into(),
        deliveries,
    }
}

/// What was sent: to those who were spoken to, then to those who overheard it. Only lines are.
fn deliveries(world: &World, inspected: &Inspected, trace: Uuid) -> Vec<BusDelivery> {
    let message = &inspected.message;
    if message.kind != MessageKind::Line {
        return Vec::new();
    }
    let delivery = |to: &Arc<Character>, envelope: &Envelope| BusDelivery {
        recipient: to.slug.to_string(),
        inbox: world.inbox_of(to),
        exchange: world.routing.exchange.clone(),
        routing_key: world.key_of(to),
        envelope: BusEnvelope::of(envelope, message),
    };
    let spoken_to = message.to.iter().filter_map(|name| world.named(name));
    let said = spoken_to.map(|to| {
        let envelope = Envelope::said(&world.name, message, &to.slug, trace);
        delivery(to, &envelope)
    });
    let others = inspected.audience.iter();
    let others = others.filter(|name| **name != message.from && !message.to.contains(name));
    let overheard = others.filter_map(|name| world.named(name)).map(|to| {
        let envelope = Envelope::overheard(&world.name, message, &to.slug, trace);
        delivery(to, &envelope)
    });
    said.chain(overheard).collect()
}
