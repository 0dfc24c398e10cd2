//! The digest of a prompt.

use parlor_model::{Prompt, PromptLine, Purpose};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// SHA-256, in hexadecimal, of what a dialect was given to speak from: the world, who speaks to whom
/// and what for, the topic, the memory, the lore. Left out is what depends on how far the index of
/// words had come at that moment: recalled lines, mood and bond.
#[must_use]
pub fn digest(prompt: &Prompt) -> String {
    let bytes = canonical(prompt).to_string();
    Sha256::digest(bytes.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// What is digested, as JSON whose keys keep this order.
fn canonical(prompt: &Prompt) -> Value {
    let speaker = &*prompt.speaker;
    json!({
        "world": [prompt.setting.world, prompt.setting.title, prompt.setting.about],
        "speaker": {
            "slug": speaker.slug, "name": speaker.name, "persona": speaker.persona,
            "traits": speaker.traits, "likes": speaker.likes,
            "catchphrases": speaker.catchphrases,
        },
        "conversation": prompt.conversation,
        "to": prompt.to,
        "present": prompt.present,
        "topic": prompt.topic,
        "place": prompt.place,
        "purpose": purpose(&prompt.purpose),
        "memory": prompt.memory.iter().map(line).collect::<Vec<_>>(),
        "lore": prompt.lore.iter().map(|lore| lore.text.as_str()).collect::<Vec<_>>(),
        "order": prompt.order,
        "last": prompt.last,
    })
}

fn purpose(purpose: &Purpose) -> Value {
    match purpose {
        Purpose::Gossip(quote) => json!(["gossip", quote.who, quote.text]),
        other => json!([other.part()]),
    }
}

fn line(line: &PromptLine) -> Value {
    json!([line.from, line.kind, line.text])
}
