//! From what a character knows to what a model is asked: a pure function, with a bound on its size.
//!
//! The system text tells who speaks, where, and by which rules; the turns are the conversation as
//! the speaker remembers it. When it is too long, example dialogues of a card go first, then the
//! oldest recalled lines, then the oldest of the conversation; the line to answer always stays, and
//! so does the head of the persona.
//!
//! # What to notice
//! - Other people's words are data. [`data`] sees to it that they can't look like the structure
//!   around them.
//! - Turns alternate and begin and end with the others: some chat templates know no other order.

mod card;
mod data;
mod system;
mod words;

use super::model::{Request, Turn, TurnRole};
use super::tokens::{estimate, head};
use card::Texts;
use data::Names;
use parlor_model::world::Llm;
use parlor_model::{MessageKind, Prompt, PromptLine, Purpose, Recollection};
use serde::Serialize;
use system::System;

/// Tokens that providers add around each turn and around the system text.
const TURN_TOKENS: usize = 4;
/// Tokens around a line: colon, line break, "(aside)", how long ago it was said.
const LABEL_TOKENS: usize = 10;
/// Tokens of the notes and headings that come and go with the lines.
const NOTES_TOKENS: usize = 64;
/// What is left of a persona in any case, in tokens.
const PERSONA_TOKENS_MIN: usize = 64;
/// What is left of the line to answer in any case, in tokens.
const HEARD_TOKENS_MIN: usize = 128;

/// How long a request and its reply may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Tokens of system text and turns, at most; the reply is not counted.
    pub context_tokens_max: u32,
    /// Tokens of the reply, at most.
    pub reply_tokens_max: u32,
    /// Characters of the line that is made of it, at most.
    pub line_chars_max: u32,
}

impl From<&Llm> for Limits {
    fn from(llm: &Llm) -> Self {
        Self {
            context_tokens_max: llm.context_tokens_max,
            reply_tokens_max: llm.reply_tokens_max,
            line_chars_max: llm.line_chars_max,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::from(&Llm::default())
    }
}

/// A request, and what did not fit into it.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    /// What the model is asked.
    pub request: Request,
    /// How long it is, and what was left out.
    pub report: Report,
}

/// How long a request is, in tokens as [`super::tokens::estimate`] counts them, and what was left
/// out of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Tokens of the system text.
    pub system_tokens: usize,
    /// Tokens of each turn.
    pub turn_tokens: Vec<usize>,
    /// All of it.
    pub tokens: usize,
    /// Example dialogues that were left out.
    pub examples_dropped: usize,
    /// Recalled lines that were left out.
    pub recalled_dropped: usize,
    /// Lines of the conversation that were left out.
    pub memory_dropped: usize,
    /// The persona was cut.
    pub persona_cut: bool,
    /// The line to answer was cut, as it alone is longer than everything may be.
    pub heard_cut: bool,
}

/// What a model is asked for this line. The same prompt gives the same request.
#[must_use]
pub fn build(prompt: &Prompt, limits: &Limits) -> Built {
    let mut draft = Draft::new(prompt, limits);
    draft.fit();
    draft.finish()
}

/// What is still in.
struct Draft<'a> {
    prompt: &'a Prompt,
    limits: &'a Limits,
    names: Names,
    texts: Texts,
    /// Best first, as in the prompt.
    recalled: Vec<&'a Recollection>,
    /// Oldest first.
    memory: Vec<&'a PromptLine>,
    /// The line to answer, when it had to be cut.
    heard: Option<String>,
    report: Report,
}

impl<'a> Draft<'a> {
    fn new(prompt: &'a Prompt, limits: &'a Limits) -> Self {
        let names = Names::of(prompt);
        Self {
            prompt,
            limits,
            texts: Texts::of(prompt, &names),
            names,
            recalled: prompt.recalled.iter().collect(),
            memory: prompt.memory.iter().collect(),
            heard: None,
            report: Report::default(),
        }
    }

    /// Leaves out what doesn't fit, in the order that the module's head tells.
    fn fit(&mut self) {
        let max = self.limits.context_tokens_max as usize;
        let recalled: usize = self.recalled.iter().map(|r| cost(&r.line)).sum();
        let memory: usize = self.memory.iter().map(|line| cost(line)).sum();
        let examples: usize = self
            .texts
            .examples
            .iter()
            .map(|text| example_cost(text))
            .sum();
        let mut over = (self.base() + examples + recalled + memory).saturating_sub(max);
        over = self.drop_examples(over);
        over = self.drop_recalled(over);
        over = self.drop_memory(over);
        over = self.cut_persona(over);
        self.cut_heard(over);
    }

    /// Tokens of everything but lines that were said.
    fn base(&self) -> usize {
        let bare = System {
            examples: &[],
            recalled: &[],
            told: &[],
            ..self.parts()
        };
        NOTES_TOKENS + TURN_TOKENS + estimate(&bare.text())
    }

    fn drop_examples(&mut self, mut over: usize) -> usize {
        while over > 0
            && let Some(last) = self.texts.examples.pop()
        {
            over = over.saturating_sub(example_cost(&last));
            self.report.examples_dropped += 1;
        }
        over
    }

    /// Drops the oldest until nothing is over or none is left; gives what is over then.
    fn drop_recalled(&mut self, mut over: usize) -> usize {
        let mut by_age = self.recalled.clone();
        by_age.sort_by_key(|recalled| recalled.at);
        for oldest in by_age {
            if over == 0 {
                break;
            }
            over = over.saturating_sub(cost(&oldest.line));
            self.recalled.retain(|kept| !std::ptr::eq(*kept, oldest));
            self.report.recalled_dropped += 1;
        }
        over
    }

    /// The same for the conversation; its last line is what is answered, and stays.
    fn drop_memory(&mut self, mut over: usize) -> usize {
        let mut dropped = 0;
        while over > 0 && dropped + 1 < self.memory.len() {
            over = over.saturating_sub(cost(self.memory[dropped]));
            dropped += 1;
        }
        self.memory.drain(..dropped);
        self.report.memory_dropped = dropped;
        over
    }

    fn cut_persona(&mut self, over: usize) -> usize {
        let tokens = estimate(&self.texts.persona);
        if over == 0 || tokens <= PERSONA_TOKENS_MIN {
            return over;
        }
        let keep = tokens.saturating_sub(over).max(PERSONA_TOKENS_MIN);
        self.texts.persona = head(&self.texts.persona, keep).to_owned();
        self.report.persona_cut = true;
        over.saturating_sub(tokens - keep)
    }

    fn cut_heard(&mut self, over: usize) {
        let Some(line) = self.memory.last().filter(|_| over > 0) else {
            return;
        };
        let tokens = estimate(&line.text);
        if tokens > HEARD_TOKENS_MIN {
            let keep = tokens.saturating_sub(over).max(HEARD_TOKENS_MIN);
            self.heard = Some(head(&line.text, keep).to_owned());
            self.report.heard_cut = true;
        }
    }

    fn parts(&self) -> System<'_> {
        // What is passed on is told by itself; the rest is what led to it.
        let told = match (&self.prompt.purpose, self.memory.split_last()) {
            (Purpose::Gossip(quote), Some((last, before))) if last.text == quote.text => before,
            (Purpose::Gossip(_), _) => &self.memory,
            (Purpose::Open | Purpose::Reply | Purpose::Aside, _) => &[],
        };
        System {
            prompt: self.prompt,
            names: &self.names,
            texts: &self.texts,
            examples: &self.texts.examples,
            recalled: &self.recalled,
            told,
            line_chars_max: self.limits.line_chars_max,
        }
    }

    /// The conversation as turns. Where nothing was said yet, or the speaker spoke last, a note in
    /// brackets asks for the line.
    fn turns(&self) -> Vec<Turn> {
        let mut turns: Vec<Turn> = Vec::new();
        if !matches!(self.prompt.purpose, Purpose::Gossip(_)) {
            for (i, line) in self.memory.iter().enumerate() {
                let is_last = i + 1 == self.memory.len();
                let cut = self.heard.as_deref().filter(|_| is_last);
                self.add(&mut turns, line, cut.unwrap_or(&line.text));
            }
        }
        let is_own = |turn: &Turn| turn.role == TurnRole::Assistant;
        if turns.first().is_some_and(is_own) {
            turns.insert(0, note(self.beginning()));
        }
        if turns.last().is_none_or(is_own) {
            turns.push(note(&self.cue()));
        }
        turns
    }

    /// Adds a line; lines of the same side that follow each other are one turn.
    fn add(&self, turns: &mut Vec<Turn>, line: &PromptLine, text: &str) {
        let is_own = line.from == self.prompt.speaker.name;
        let words = data::said(text, &self.names);
        let (role, text) = if is_own {
            (TurnRole::Assistant, words)
        } else {
            (TurnRole::User, labelled(line, &words))
        };
        match turns.last_mut().filter(|turn| turn.role == role) {
            Some(turn) => {
                turn.text.push('\n');
                turn.text.push_str(&text);
            }
            None => turns.push(Turn {
                role,
                name: Some(data::name(&line.from)),
                text,
            }),
        }
    }

    /// What stands before the speaker's own first line: a request begins with the others.
    fn beginning(&self) -> &'static str {
        if self.prompt.order as usize > self.memory.len() + 1 {
            "(Earlier lines are left out.)"
        } else {
            "(You began.)"
        }
    }

    fn cue(&self) -> String {
        let to: Vec<String> = self.prompt.to.iter().map(|name| data::name(name)).collect();
        let to = words::list(&to);
        match &self.prompt.purpose {
            Purpose::Gossip(_) => format!("(You are alone with {to} now. Tell {to}.)"),
            _ if self.memory.is_empty() && to.is_empty() => "(You begin.)".to_owned(),
            _ if self.memory.is_empty() => format!("(You begin: say something to {to}.)"),
            _ => "(Go on.)".to_owned(),
        }
    }

    fn finish(mut self) -> Built {
        let system = self.parts().text();
        let turns = self.turns();
        self.report.system_tokens = TURN_TOKENS + estimate(&system);
        self.report.turn_tokens = turns.iter().map(tokens_of).collect();
        self.report.tokens =
            self.report.system_tokens + self.report.turn_tokens.iter().sum::<usize>();
        Built {
            request: Request {
                system,
                turns,
                tokens_out_max: self.limits.reply_tokens_max,
                ..Request::default()
            },
            report: self.report,
        }
    }
}

/// A line as it stands in a turn or a list: who said it, and the words.
fn labelled(line: &PromptLine, words: &str) -> String {
    let from = data::name(&line.from);
    match line.kind {
        MessageKind::Line => format!("{from}: {words}"),
        MessageKind::Aside => format!("{from} (aside): {words}"),
        MessageKind::Scene => format!("({words})"),
    }
}

/// A name as prompts show it.
pub(super) fn shown_name(name: &str) -> String {
    data::name(name)
}

fn note(text: &str) -> Turn {
    Turn {
        role: TurnRole::User,
        name: None,
        text: text.to_owned(),
    }
}

/// What a line adds to a prompt, at most.
fn cost(line: &PromptLine) -> usize {
    TURN_TOKENS + LABEL_TOKENS + estimate(&line.from) + estimate(&line.text)
}

fn example_cost(text: &str) -> usize {
    estimate(text) + LABEL_TOKENS
}

fn tokens_of(turn: &Turn) -> usize {
    TURN_TOKENS + estimate(&turn.text)
}
