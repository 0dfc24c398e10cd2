//! Whole conversations in the words of a language model: one call for each. Who talks, in which order,
//! what is meant, and what comes of it is decided before; the model is shown that as drafts and finds the
//! words. Where it can't be had or gives something else, the drafts are said.

use super::{GenerationOptions, Producer};
use futures::StreamExt;
use parlor_engine::sentiment;
use parlor_model::Character;
use parlor_ports::companions::{BatchResult, BulkTalk, TalkParticipant};
use parlor_ports::mind::{Mind, Question, Undecided};
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

/// Conversations that are written at once by a worker; how many calls a model takes is its own matter.
const AT_ONCE: usize = 16;
/// Longest line, in characters.
const LINE_CHARS_MAX: usize = 400;
/// Of a persona the model is told so much.
const PERSONA_CHARS_MAX: usize = 600;
/// A part of a run takes longer when models are asked, and nobody else is to take it over meanwhile.
const LEASE: Duration = Duration::from_secs(1_800);
/// From here on somebody is for a topic, or against it.
const FIRM: f64 = 0.1;

const SETTING: &str = "You write what small companions of one person say among themselves while that \
    person is away. You get drafts of their lines: who says it to whom, and what is meant. Write every line \
    anew, in the voice of who says it and as an answer to what was said before, and keep what is meant. One \
    or two short sentences a line, no name before it, no stage directions.";

impl Producer {
    /// How a run is worked on where models are asked: in small parts that are nobody else's for long.
    pub(super) fn options(&self, options: GenerationOptions) -> GenerationOptions {
        if self.authors.is_empty() {
            return options;
        }
        GenerationOptions {
            batches: 1,
            lease: options.lease.max(LEASE),
            ..options
        }
    }

    /// Puts the conversations into the words of those who write.
    pub(super) async fn write(&self, parts: &mut [BatchResult]) {
        if self.authors.is_empty() {
            return;
        }
        let households = parts.iter_mut().flat_map(|part| &mut part.households);
        let talks = households.filter_map(|household| household.talk.as_mut());
        let calls = talks.filter_map(|talk| Some(self.written(self.author_of(talk)?, talk)));
        let calls: Vec<_> = calls.collect();
        let mut written = futures::stream::iter(calls).buffer_unordered(AT_ONCE);
        let (mut failed, mut reason) = (0_u32, String::new());
        while let Some(outcome) = written.next().await {
            if let Err(undecided) = outcome {
                failed += 1;
                reason = undecided.reason;
            }
        }
        if failed > 0 {
            tracing::warn!(world = %self.world.name, conversations = failed, %reason,
                "conversations are said as they were drafted");
        }
    }

    /// Who writes the conversation: the model of whoever opens it.
    fn author_of(&self, talk: &BulkTalk) -> Option<&Arc<dyn Mind>> {
        let opener = self.character(talk.participants.first()?)?;
        self.authors.get(&opener.dialect)
    }

    fn character(&self, participant: &TalkParticipant) -> Option<&Character> {
        let mut cast = self.world.cast.iter();
        cast.find(|character| character.slug == participant.character)
            .map(AsRef::as_ref)
    }

    async fn written(&self, author: &Arc<dyn Mind>, talk: &mut BulkTalk) -> Result<(), Undecided> {
        let reply = author.decide(&self.question(talk)).await?;
        let lines = reply["lines"].as_array().into_iter().flatten();
        for (line, text) in talk.lines.iter_mut().zip(lines.filter_map(Value::as_str)) {
            let text = tidy(text);
            if !text.is_empty() {
                line.sentiment = sentiment::score(&text);
                line.text = text;
            }
        }
        Ok(())
    }

    fn question(&self, talk: &BulkTalk) -> Question {
        let mut setting = format!("{SETTING}\n\nWho they are:\n");
        for participant in &talk.participants {
            let persona = self
                .character(participant)
                .map_or("", |found| &found.persona);
            let persona: String = persona.chars().take(PERSONA_CHARS_MAX).collect();
            let side = match participant.opinion {
                opinion if opinion >= FIRM => "for it",
                opinion if opinion <= -FIRM => "against it",
                _ => "undecided",
            };
            let (name, mood) = (&participant.name, participant.before);
            // Writing to a string can't fail.
            let _ = writeln!(
                setting,
                "- {name}: {} Feels {mood}, and is {side}.",
                tidy(&persona)
            );
        }
        let mut text = format!("They talk about: {}\n\nThe drafts:\n", talk.topic);
        let name = |at: usize| talk.participants.get(at).map_or("", |p| p.name.as_str());
        for (number, line) in (1..).zip(&talk.lines) {
            let (from, to) = (name(line.speaker), name(line.to));
            let _ = writeln!(text, "{number}. {from} to {to}: {}", line.text);
        }
        let count = talk.lines.len();
        let schema = json!({
            "type": "object",
            "properties": { "lines": {
                "type": "array", "minItems": count, "maxItems": count,
                "items": { "type": "string", "minLength": 1 },
            }},
            "required": ["lines"],
            "additionalProperties": false,
        });
        Question::new("conversation", &setting, &text, schema)
    }
}

/// One line of bounded length without control characters.
fn tidy(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(LINE_CHARS_MAX).collect()
}
