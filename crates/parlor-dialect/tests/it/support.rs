//! Prompts, and a world file read with this crate's vocabulary.

use parlor_dialect::registry;
use parlor_model::dice::Dice;
use parlor_model::world::check::{self, MechanicEntry, Vocabulary};
use parlor_model::{Character, MessageKind, Prompt, PromptLine, Purpose, Slug, World};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

pub(crate) fn character(name: &str) -> Arc<Character> {
    Arc::new(Character {
        likes: vec!["naps".to_owned()],
        catchphrases: vec!["So it goes.".to_owned()],
        dialect: "banter".to_owned(),
        ..Character::new(Slug::of_name(name).unwrap(), name)
    })
}

pub(crate) fn line(from: &str, text: &str, sentiment: f64) -> PromptLine {
    PromptLine {
        from: from.to_owned(),
        text: text.to_owned(),
        kind: MessageKind::Line,
        sentiment,
    }
}

/// Joey answers Ross.
pub(crate) fn reply(heard: &str) -> Prompt {
    Prompt {
        to: vec!["Ross".to_owned()],
        topic: Some("the rent.".to_owned()),
        memory: vec![line("Ross", heard, 0.0)],
        order: 2,
        ..Prompt::new(
            character("Joey"),
            Purpose::Reply,
            Dice::new(7, Uuid::from_u128(1)),
        )
    }
}

pub(crate) fn with_dice(mut prompt: Prompt, event: u128) -> Prompt {
    prompt.dice = Dice::new(7, Uuid::from_u128(event));
    prompt
}

pub(crate) fn worlds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../worlds")
}

pub(crate) fn load(source: &str) -> Result<World, check::Problems> {
    load_with(source, &|path| {
        std::fs::read(worlds().join(path)).map_err(|error| error.to_string())
    })
}

/// With files that `read` gives.
pub(crate) fn load_with(
    source: &str,
    read: &dyn Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<World, check::Problems> {
    let any = |name| MechanicEntry {
        name,
        schema: || serde_json::json!({}),
        characters: |_| Vec::new(),
        dialects: |_| Vec::new(),
        needs_places: false,
        brings_cast: false,
        needs_sessions: false,
    };
    let vocabulary = Vocabulary {
        mechanics: ["exchange_limit", "gossip", "aside", "travel"]
            .map(any)
            .into(),
        dialects: registry::vocabulary(),
    };
    check::load(source, "world.toml", &vocabulary, read)
}
