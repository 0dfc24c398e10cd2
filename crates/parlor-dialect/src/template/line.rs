//! One template: its text with holes, and what goes into them.

use crate::text::shorten;
use parlor_model::Prompt;
use parlor_model::dice::Roll;
use std::borrow::Cow;

/// Longest text that goes into a hole, in characters.
const WORDS_CHARS_MAX: usize = 90;

/// What can stand in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variable {
    Topic,
    Other,
    Me,
    Like,
}

/// Their names, and what stands there when the prompt has no words for one.
pub(super) const VARIABLES: [(&str, Variable, &str); 4] = [
    ("topic", Variable::Topic, "this"),
    ("other", Variable::Other, "everybody"),
    ("me", Variable::Me, "me"),
    ("like", Variable::Like, "something nice"),
];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(Box<str>),
    Hole(Variable),
}

/// A template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line(Box<[Piece]>);

impl Line {
    /// Parses a template.
    ///
    /// # Errors
    /// A sentence: what is wrong and what would be right.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut words = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('[') {
            words.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(behind) = rest.strip_prefix('[') {
                words.push('[');
                rest = behind;
                continue;
            }
            let end = rest
                .find(']')
                .ok_or("a '[' is not closed: write [topic], or [[ for the bracket")?;
            if !words.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut words).into()));
            }
            pieces.push(Piece::Hole(variable(&rest[..end])?));
            rest = &rest[end + 1..];
        }
        words.push_str(rest);
        if !words.is_empty() {
            pieces.push(Piece::Text(words.into()));
        }
        if text.trim().is_empty() {
            return Err("a line is empty: write something, or take it out".to_owned());
        }
        Ok(Self(pieces.into()))
    }

    /// True when there are words for every hole.
    pub(super) fn is_whole(&self, words: &Words<'_>) -> bool {
        self.0.iter().all(|piece| match piece {
            Piece::Text(_) => true,
            Piece::Hole(variable) => words.get(*variable).is_some(),
        })
    }

    /// The text with words in its holes.
    pub(super) fn fill(&self, words: &Words<'_>) -> String {
        let mut text = String::with_capacity(96);
        for piece in &self.0 {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Hole(variable) => {
                    let default = VARIABLES.iter().find(|(_, known, _)| known == variable);
                    let default = default.map_or("", |(.., words)| words);
                    let words = words.get(*variable).unwrap_or(default);
                    if starts_sentence(&text) {
                        push_capital(&mut text, words);
                    } else {
                        text.push_str(words);
                    }
                }
            }
        }
        text
    }
}

/// True where nothing of a sentence has been said yet.
fn starts_sentence(text: &str) -> bool {
    let before = text.trim_end();
    before.is_empty() || (before.len() < text.len() && before.ends_with(['.', '!', '?']))
}

/// Adds words with a capital letter.
fn push_capital(text: &mut String, words: &str) {
    let mut letters = words.chars();
    if let Some(first) = letters.next() {
        text.extend(first.to_uppercase());
    }
    text.push_str(letters.as_str());
}

fn variable(name: &str) -> Result<Variable, String> {
    let known = VARIABLES.iter().find(|(known, ..)| *known == name);
    known.map(|(_, variable, _)| *variable).ok_or_else(|| {
        let near = VARIABLES
            .iter()
            .map(|(known, ..)| *known)
            .find(|known| strsim::damerau_levenshtein(known, name) <= 2 && known.len() > 2);
        let help = near.map_or_else(
            || "there are [topic], [other], [me] and [like]; [[ is a bracket".to_owned(),
            |near| format!("is it [{near}]?"),
        );
        format!("there is no variable [{}] ({help})", shorten(name, 40))
    })
}

/// What a prompt has for the holes.
pub(super) struct Words<'a> {
    topic: Option<Cow<'a, str>>,
    other: Option<Cow<'a, str>>,
    me: &'a str,
    like: Option<Cow<'a, str>>,
}

impl<'a> Words<'a> {
    pub(super) fn of(prompt: &'a Prompt, roll: &mut Roll) -> Self {
        let other = match prompt.to.as_slice() {
            [] => prompt.heard().map(|line| Cow::Borrowed(line.from.as_str())),
            [one] => Some(Cow::Borrowed(one.as_str())),
            [many @ .., last] => Some(Cow::Owned(format!("{} and {last}", many.join(", ")))),
        };
        Self {
            topic: prompt.topic.as_deref().and_then(in_a_sentence),
            other,
            me: &prompt.speaker.name,
            like: roll
                .pick(&prompt.speaker.likes)
                .and_then(|like| in_a_sentence(like)),
        }
    }

    /// Of a line that is decided already.
    pub(super) fn given(
        topic: &'a str,
        other: &'a str,
        me: &'a str,
        like: Option<&'a str>,
    ) -> Self {
        Self {
            topic: in_a_sentence(topic),
            other: Some(Cow::Borrowed(other)),
            me,
            like: like.and_then(in_a_sentence),
        }
    }

    fn get(&self, variable: Variable) -> Option<&str> {
        match variable {
            Variable::Topic => self.topic.as_deref(),
            Variable::Other => self.other.as_deref(),
            Variable::Me => Some(self.me),
            Variable::Like => self.like.as_deref(),
        }
    }
}

/// Without the marks that would end the sentence; `None` when nothing is left.
fn in_a_sentence(text: &str) -> Option<Cow<'_, str>> {
    let bare = text.trim().trim_end_matches(['.', ',', ';', ':', '!', '?']);
    if bare.is_empty() {
        None
    } else if bare.chars().nth(WORDS_CHARS_MAX).is_none() {
        Some(Cow::Borrowed(bare))
    } else {
        Some(Cow::Owned(shorten(bare, WORDS_CHARS_MAX)))
    }
}
