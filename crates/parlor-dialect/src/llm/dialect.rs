//! The dialect that asks a language model.

use super::clean::{Cast, Speakers, Stream, clean};
use super::model::{Model, ModelError, ModelFault, Request};
use super::models::{ModelRefusal, Models};
use super::prompt::{self, Limits};
use async_trait::async_trait;
use parking_lot::Mutex;
use parlor_model::world::{DialectSpec, OnFailure};
use parlor_model::{Character, Prompt, World};
use parlor_ports::dialect::{Dialect, Utterance};
use parlor_ports::error::{PortError, PortResult};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Pieces of a reply that may wait to be cleaned.
const PIECES_MAX: usize = 64;
/// Characters whose cut persona is remembered, so that each is warned of once.
const WARNED_MAX: usize = 1_000;
/// How often a model is asked for a line before its answers count as garbage.
const ASKED_MAX: u32 = 2;

/// Who speaks for a character.
#[derive(Clone)]
enum Choice {
    /// No model is named anywhere.
    Nobody,
    /// This model.
    Model(Arc<dyn Model>),
    /// One is named that can't be asked, for this reason.
    Missing(String),
}

/// A dialect of kind `llm` of one world.
pub struct LlmDialect {
    choice: Choice,
    /// Of characters that have a model of their own, by how it is written.
    own: BTreeMap<String, Choice>,
    cast: Arc<Cast>,
    limits: Limits,
    on_failure: OnFailure,
    /// Slugs of characters whose persona did not fit.
    warned: Mutex<HashSet<String>>,
}

impl LlmDialect {
    /// The dialect `name` of `world`: the model that a character names speaks, else the dialect's,
    /// else the world's, else the process's. Without `models` nobody does.
    ///
    /// # Errors
    /// The world names a model that it may not ask. One that only lacks its key is no error: its
    /// characters fall back, and the log says why.
    pub fn build(
        world: &World,
        name: &str,
        spec: &DialectSpec,
        models: Option<&Models>,
    ) -> Result<Self, ModelRefusal> {
        let choose = |text: Option<&str>| match models {
            Some(models) => choice(world, text, models),
            None => Ok(Choice::Nobody),
        };
        let mut own = BTreeMap::new();
        let named = world.cast.iter().filter(|c| c.dialect == name);
        for text in named.filter_map(|c| c.model.as_deref()) {
            if !own.contains_key(text) {
                own.insert(text.to_owned(), choose(Some(text))?);
            }
        }
        let names = world.cast.iter().map(|c| c.name.as_str());
        Ok(Self {
            choice: choose(spec.model.as_deref().or(world.llm.model.as_deref()))?,
            own,
            cast: Arc::new(Cast::new(names)),
            limits: Limits::from(&world.llm),
            on_failure: world.llm.on_failure,
            warned: Mutex::default(),
        })
    }

    /// True when a model is named for this character, whether or not it can be asked. Where none
    /// is, nobody expects one, and what speaks instead is no fallback.
    #[must_use]
    pub fn speaks_for(&self, character: &Character) -> bool {
        !matches!(self.choice_for(character), Choice::Nobody)
    }

    /// The model of whoever has none of their own.
    pub(crate) fn model(&self) -> Option<Arc<dyn Model>> {
        match &self.choice {
            Choice::Model(model) => Some(model.clone()),
            Choice::Nobody | Choice::Missing(_) => None,
        }
    }

    /// True when there is any model at all to ask.
    #[must_use]
    pub fn has_models(&self) -> bool {
        std::iter::once(&self.choice)
            .chain(self.own.values())
            .any(|choice| matches!(choice, Choice::Model(_)))
    }

    fn choice_for(&self, character: &Character) -> &Choice {
        let own = character.model.as_deref().and_then(|m| self.own.get(m));
        own.unwrap_or(&self.choice)
    }

    async fn line(
        &self,
        prompt: &Prompt,
        pieces: Option<&mpsc::Sender<String>>,
    ) -> PortResult<Utterance> {
        let model = match self.choice_for(&prompt.speaker) {
            Choice::Model(model) => model,
            Choice::Missing(why) => return Err(PortError::terminal("language model", why)),
            Choice::Nobody => {
                return Err(PortError::terminal("language model", "none is named"));
            }
        };
        match self.ask(&**model, prompt, pieces).await {
            Ok(text) => Ok(Utterance {
                text,
                fallback: false,
            }),
            Err(error) => {
                let error = self.failed(error);
                if !error.is_retryable() {
                    model.fell_back();
                }
                Err(error)
            }
        }
    }

    /// Asks for a line; once more where the reply holds none.
    async fn ask(
        &self,
        model: &dyn Model,
        prompt: &Prompt,
        pieces: Option<&mpsc::Sender<String>>,
    ) -> Result<String, ModelError> {
        let mut request = self.request(prompt);
        let speakers = self.speakers(prompt);
        for asked in 1..=ASKED_MAX {
            // What a first try showed is void, so a second one shows nothing.
            let watched = pieces.filter(|_| asked == 1);
            let reply = match watched {
                Some(pieces) => self.watched(model, &request, &speakers, pieces).await?,
                None => model.complete(&request, None).await?.text,
            };
            if let Some(line) = clean(&reply, &speakers, self.line_chars_max()) {
                return Ok(line);
            }
            request.system.push_str(&again(&prompt.speaker.name));
        }
        let what = format!(
            "{} gave no line of {} in {ASKED_MAX} replies",
            model.name(),
            prompt.speaker.slug
        );
        Err(ModelError::new(ModelFault::Garbage, what))
    }

    /// Asks while somebody watches: what is clean of the growing reply goes to `pieces`. One who
    /// can't keep up gets larger pieces, and nobody waits for them.
    async fn watched(
        &self,
        model: &dyn Model,
        request: &Request,
        speakers: &Speakers,
        pieces: &mpsc::Sender<String>,
    ) -> Result<String, ModelError> {
        let (sender, mut raw) = mpsc::channel(PIECES_MAX);
        let mut stream = Stream::new(speakers, self.line_chars_max());
        let mut unsent = String::new();
        let mut call = std::pin::pin!(model.complete(request, Some(&sender)));
        loop {
            tokio::select! {
                biased;
                Some(piece) = raw.recv() => {
                    unsent.extend(stream.feed(&piece));
                    pass_on(&mut unsent, pieces);
                }
                reply = &mut call => {
                    while let Ok(piece) = raw.try_recv() {
                        unsent.extend(stream.feed(&piece));
                    }
                    pass_on(&mut unsent, pieces);
                    return reply.map(|completion| completion.text);
                }
            }
        }
    }

    fn request(&self, prompt: &Prompt) -> Request {
        let built = prompt::build(prompt, &self.limits);
        if built.report.persona_cut {
            self.warn_once(prompt, built.report.tokens);
        }
        built.request
    }

    fn warn_once(&self, prompt: &Prompt, tokens: usize) {
        let mut warned = self.warned.lock();
        let is_new = warned.len() < WARNED_MAX && warned.insert(prompt.speaker.slug.to_string());
        if is_new {
            tracing::warn!(
                world.name = prompt.setting.world,
                character.slug = %prompt.speaker.slug,
                prompt.tokens = tokens,
                "the persona does not fit into [llm] context_tokens_max and is cut"
            );
        }
    }

    fn speakers(&self, prompt: &Prompt) -> Speakers {
        let heard = prompt.memory.iter().map(|line| line.from.as_str());
        let present = prompt.present.iter().chain(&prompt.to).map(String::as_str);
        Speakers::new(&prompt.speaker.name, &self.cast, present.chain(heard))
    }

    fn line_chars_max(&self) -> usize {
        self.limits.line_chars_max as usize
    }

    /// With `on_failure = "wait"` the line waits for whatever time or an operator can mend. What
    /// would only repeat itself falls back in any case: a model that always talks nonsense must not
    /// keep a conversation waiting for ever.
    fn failed(&self, error: ModelError) -> PortError {
        if self.on_failure == OnFailure::Wait && can_be_mended(error.kind) {
            let wait = error.retry_after;
            PortError::retryable("language model", error).with_retry_after(wait)
        } else {
            PortError::terminal("language model", error)
        }
    }
}

#[async_trait]
impl Dialect for LlmDialect {
    async fn speak(&self, prompt: &Prompt) -> PortResult<Utterance> {
        self.line(prompt, None).await
    }

    fn is_slow(&self) -> bool {
        self.has_models()
    }

    async fn speak_in_pieces(
        &self,
        prompt: &Prompt,
        pieces: &mpsc::Sender<String>,
    ) -> PortResult<Utterance> {
        self.line(prompt, Some(pieces)).await
    }
}

fn choice(world: &World, text: Option<&str>, models: &Models) -> Result<Choice, ModelRefusal> {
    let spec = match text {
        Some(text) => models.named(text)?,
        None => models.default_spec().clone(),
    };
    if spec.is_none() {
        return Ok(Choice::Nobody);
    }
    Ok(match models.get(world, &spec) {
        Ok(model) => Choice::Model(model),
        Err(error) => {
            tracing::warn!(world.name = %world.name, %error,
                "a language model can't be asked; its characters fall back");
            Choice::Missing(error.to_string())
        }
    })
}

fn can_be_mended(fault: ModelFault) -> bool {
    match fault {
        ModelFault::BadKey
        | ModelFault::UnknownModel
        | ModelFault::RateLimited
        | ModelFault::ServerError
        | ModelFault::Timeout
        | ModelFault::Unreachable
        | ModelFault::BreakerOpen
        | ModelFault::BudgetSpent => true,
        ModelFault::Refused
        | ModelFault::Garbage
        | ModelFault::TooLong
        | ModelFault::BadRequest => false,
    }
}

/// What is added for the second try.
fn again(name: &str) -> String {
    let name = prompt::shown_name(name);
    format!(
        "\nYour last reply held no line of {name}. Reply with that one line and nothing else.\n"
    )
}

/// Sends what can be sent now.
fn pass_on(unsent: &mut String, pieces: &mpsc::Sender<String>) {
    if unsent.is_empty() {
        return;
    }
    if let Err(mpsc::error::TrySendError::Full(text)) = pieces.try_send(std::mem::take(unsent)) {
        *unsent = text;
    }
}
