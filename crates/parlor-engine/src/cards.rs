//! What a character's card adds to a step: the greeting that opens a conversation, and the lore that
//! what is being said brings up.

use crate::plan::{Plan, Words};
use crate::scene::Scene;
use parlor_model::card::{Filling, lore};
use parlor_model::{ConversationKind, Dice};

/// The greeting with which the character of the scene opens its conversation, if its card has one.
/// The dice of the conversation choose it, so that it can be told later which one it was.
pub(crate) fn greeting(scene: &Scene, dice: Dice) -> Option<String> {
    let card = scene.me.card.as_ref()?;
    let conversation = &scene.conversation;
    let to = conversation.others(&scene.me.name);
    let in_group = conversation.kind == ConversationKind::Group || to.len() > 1;
    let filling = Filling::new(&scene.me, &to, Some(conversation.id.0), dice);
    card.greeting(&filling, in_group)
}

/// Adds to each prompt of the plan what its speaker's lorebook has to say.
pub(crate) fn add_lore(plan: &mut Plan) {
    for line in &mut plan.lines {
        if let Words::Prompt(prompt) = &mut line.words {
            prompt.lore = lore::of_prompt(prompt);
        }
    }
}
