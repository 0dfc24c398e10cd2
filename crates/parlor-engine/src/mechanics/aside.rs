//! **Aside** (`[mechanics.aside]`): one character comments on what others say. For every line said
//! in a conversation that `by` is not part of, there is a chance that `by` overhears it and makes a
//! remark. The remark is in the conversation, is answered by nobody and counts for nothing. The last
//! line of a conversation gets none, for nothing is said after the stop. Nor does a side thread: it
//! may be behind the very back of `by`, and what is said there reaches nobody else.

use super::{Mechanic, Settings};
use crate::plan::{Plan, PlannedLine, Said, Words};
use crate::scene::Scene;
use parlor_model::{Envelope, EventBody, MessageKind, OutboxRow, Prompt, Purpose, Slug, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Comments from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aside {
    /// Slug of the character who comments.
    pub by: String,
    /// Chance that a line gets a comment, 0 to 1.
    #[serde(default = "default_probability")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub probability: f64,
}

fn default_probability() -> f64 {
    0.25
}

impl Settings for Aside {
    const NAME: &'static str = "aside";

    fn characters(&self) -> Vec<(&'static str, String)> {
        vec![("by", self.by.clone())]
    }
}

impl Mechanic for Aside {
    fn said(&self, world: &World, said: &mut Said<'_>) {
        let Some(commentator) = Slug::new(&self.by).ok().and_then(|by| world.character(&by)) else {
            return;
        };
        let message = said.message;
        if message.kind != MessageKind::Line
            || said.closes
            || message.parent_id.is_some()
            || said.conversation.has(&commentator.name)
            || !said
                .dice
                .chance(&format!("{}/{}", Self::NAME, said.part), self.probability)
        {
            return;
        }
        said.audience.push(commentator.name.clone());
        said.sends.push(OutboxRow {
            inbox: world.inbox_of(commentator),
            envelope: Arc::new(Envelope::overheard(
                &world.name,
                message,
                &commentator.slug,
                said.trace_id,
            )),
            due_at: message.created_at + said.pace / 2,
            parked: false,
        });
    }

    fn decide(&self, world: &World, scene: &Scene, plan: &mut Plan) {
        let EventBody::Overheard(_) = scene.envelope.body else {
            return;
        };
        if scene.me.slug.as_str() != self.by {
            return;
        }
        let prompt = Prompt {
            order: 0,
            ..scene.prompt(world, Purpose::Aside, plan.dice)
        };
        plan.lines.push(PlannedLine {
            part: "aside",
            conversation: scene.conversation.clone(),
            opens: false,
            from: scene.me.clone(),
            to: scene.conversation.participants.clone(),
            kind: MessageKind::Aside,
            heard_from: Vec::new(),
            words: Words::Prompt(Box::new(prompt)),
        });
    }
}
