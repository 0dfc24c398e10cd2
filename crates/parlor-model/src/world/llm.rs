//! What a world says about the language model behind its dialects of kind `llm`.

use super::World;
use super::file::OnFailure;
use std::collections::BTreeSet;

/// Tokens that a prompt has at most where the world doesn't say.
const CONTEXT_TOKENS_DEFAULT: u32 = 4_096;
/// Tokens that a reply has at most where the world doesn't say. A model that thinks before it
/// speaks thinks within them.
const REPLY_TOKENS_DEFAULT: u32 = 1_024;
/// Characters that a line has at most where the world doesn't say.
const LINE_CHARS_DEFAULT: u32 = 400;

/// The language model of a world, and its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Llm {
    /// Which model, as written in the file; `None` = what the server is set to.
    pub model: Option<String>,
    /// What happens when it fails.
    pub on_failure: OnFailure,
    /// Calls a day, counted in UTC; `None` = no limit.
    pub calls_per_day_max: Option<u64>,
    /// Tokens a day, read and written together; `None` = no limit.
    pub tokens_per_day_max: Option<u64>,
    /// Tokens of a prompt, at most; the reply is not counted.
    pub context_tokens_max: u32,
    /// Tokens of a reply, at most.
    pub reply_tokens_max: u32,
    /// Characters of a line, at most.
    pub line_chars_max: u32,
}

impl Default for Llm {
    fn default() -> Self {
        Self {
            model: None,
            on_failure: OnFailure::default(),
            calls_per_day_max: None,
            tokens_per_day_max: None,
            context_tokens_max: CONTEXT_TOKENS_DEFAULT,
            reply_tokens_max: REPLY_TOKENS_DEFAULT,
            line_chars_max: LINE_CHARS_DEFAULT,
        }
    }
}

impl World {
    /// The models that the file names, for the world, a dialect or a character. They are a
    /// stranger's words: whoever calls a model decides which of them may be called.
    #[must_use]
    pub fn named_models(&self) -> BTreeSet<&str> {
        let dialects = self.dialects.values().filter_map(|d| d.model.as_deref());
        let cast = self.cast.iter().filter_map(|c| c.model.as_deref());
        let world = self.llm.model.as_deref();
        world.into_iter().chain(dialects).chain(cast).collect()
    }
}
