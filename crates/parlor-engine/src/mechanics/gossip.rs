//! **Gossip** (`[mechanics.gossip]`): whoever is told something may pass it on. For every message
//! that a character handles there is a chance that it opens a side thread with a random member of
//! the cast who is not in the conversation, quotes what was just said and by whom, and carries along
//! where it comes from. The others of the first conversation never hear of it. Anger loosens
//! tongues: the chance grows linearly to `anger_boost` times at full anger.

use super::{Mechanic, Settings};
use crate::plan::{Plan, PlannedLine, Words};
use crate::scene::Scene;
use crate::sentiment::anger;
use parlor_model::{
    Conversation, ConversationId, ConversationKind, ConversationStatus, EventBody, Message,
    MessageKind, Prompt, Purpose, Quote, World,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Side threads behind somebody's back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gossip {
    /// Chance that a handled message is passed on, 0 to 1.
    #[serde(default = "default_probability")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub probability: f64,
    /// How many times likelier it is when the message is as angry as can be (1 = no difference).
    #[serde(default = "default_boost")]
    #[schemars(range(min = 1.0, max = 100.0))]
    pub anger_boost: f64,
}

fn default_probability() -> f64 {
    0.10
}

fn default_boost() -> f64 {
    1.0
}

impl Gossip {
    /// The chance that a message with this sentiment is passed on.
    #[must_use]
    pub fn chance(&self, sentiment: f64) -> f64 {
        (self.probability * (1.0 + (self.anger_boost - 1.0) * anger(sentiment))).min(1.0)
    }
}

impl Settings for Gossip {
    const NAME: &'static str = "gossip";
}

impl Mechanic for Gossip {
    fn decide(&self, world: &World, scene: &Scene, plan: &mut Plan) {
        let (EventBody::Said(_), Some(heard)) = (&scene.envelope.body, &scene.heard) else {
            return;
        };
        let mut roll = plan.dice.roll(Self::NAME);
        if !roll.chance(self.chance(heard.sentiment)) {
            return;
        }
        let strangers: Vec<_> = world
            .cast
            .iter()
            .filter(|c| !scene.conversation.has(&c.name))
            .collect();
        let Some(confidant) = roll.pick(&strangers) else {
            return;
        };
        plan.lines
            .push(side_thread(world, scene, heard, &confidant.name, plan));
    }
}

fn side_thread(
    world: &World,
    scene: &Scene,
    heard: &Message,
    confidant: &str,
    plan: &Plan,
) -> PlannedLine {
    let parent = &scene.conversation;
    let conversation = Conversation {
        id: ConversationId::derive(scene.envelope.id.0, "gossip"),
        world: parent.world.clone(),
        kind: ConversationKind::Side,
        parent_id: Some(parent.id),
        status: ConversationStatus::Active,
        participants: vec![scene.me.name.clone(), confidant.to_owned()],
        topic: parent.topic.clone(),
        exchanges: parent.exchanges,
        carried: parent.exchanges,
        created_at: parent.created_at,
        ended_at: None,
    };
    let quote = Quote {
        who: heard.from.clone(),
        text: heard.text.clone(),
    };
    let prompt = Prompt {
        conversation: Some(conversation.id),
        to: vec![confidant.to_owned()],
        bond: scene.bond_with(&[confidant.to_owned()]),
        present: conversation.participants.clone(),
        ..scene.prompt(world, Purpose::Gossip(quote), plan.dice)
    };
    PlannedLine {
        part: "gossip",
        conversation,
        opens: true,
        from: scene.me.clone(),
        to: vec![confidant.to_owned()],
        kind: MessageKind::Line,
        heard_from: provenance(&scene.me.name, heard),
        words: Words::Prompt(Box::new(prompt)),
    }
}

/// The chain from the teller back to who said it first.
fn provenance(teller: &str, heard: &Message) -> Vec<String> {
    let mut chain = vec![teller.to_owned()];
    if heard.heard_from.is_empty() {
        chain.push(heard.from.clone());
    } else {
        chain.extend(heard.heard_from.iter().cloned());
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anger_raises_the_chance_and_never_above_one_fr29() {
        let gossip = Gossip {
            probability: 0.10,
            anger_boost: 2.0,
        };
        assert!(
            (gossip.chance(0.8) - 0.10).abs() < 1e-9,
            "a kind line changes nothing"
        );
        assert!((gossip.chance(-0.5) - 0.15).abs() < 1e-9);
        assert!((gossip.chance(-1.0) - 0.20).abs() < 1e-9);
        let chatty = Gossip {
            probability: 0.8,
            anger_boost: 5.0,
        };
        assert!((chatty.chance(-1.0) - 1.0).abs() < 1e-9);
    }
}
