//! Symbols that the prompt provides. Their words are data: they are never parsed.

use super::words::telling_word;
use crate::text::shorten;
use parlor_model::dice::Roll;
use parlor_model::{Prompt, PromptLine, Purpose};
use std::borrow::Cow;

/// Longest text that is quoted to somebody, in characters.
const QUOTE_CHARS_MAX: usize = 90;

/// A symbol that the prompt provides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    Me,
    You,
    Topic,
    Heard,
    Keyword,
    Before,
    Who,
    Quote,
    Catchphrase,
    Like,
    Other,
    Recalled,
    RecalledWho,
}

/// Their names, and what they say when neither the prompt nor the grammar has words for them.
pub(super) const ALL: [(&str, Given, &str); 13] = [
    ("me", Given::Me, "me"),
    ("you", Given::You, "everybody"),
    ("topic", Given::Topic, "this"),
    ("heard", Given::Heard, "that"),
    ("keyword", Given::Keyword, "that"),
    ("before", Given::Before, "that"),
    ("who", Given::Who, "somebody"),
    ("quote", Given::Quote, "something"),
    ("catchphrase", Given::Catchphrase, "well"),
    ("like", Given::Like, "things"),
    ("other", Given::Other, "somebody"),
    ("recalled", Given::Recalled, "what was said"),
    ("recalled_who", Given::RecalledWho, "somebody"),
];

impl Given {
    pub(super) fn named(name: &str) -> Option<Self> {
        ALL.iter()
            .find(|(known, ..)| *known == name)
            .map(|(_, given, _)| *given)
    }

    /// What it says when nobody has words for it.
    pub(super) fn default_words(self) -> &'static str {
        ALL.iter()
            .find(|(_, given, _)| *given == self)
            .map_or("", |(.., words)| words)
    }
}

/// What a prompt provides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    prompt: &'a Prompt,
    cast: &'a [String],
}

impl<'a> Facts<'a> {
    pub(super) fn new(prompt: &'a Prompt, cast: &'a [String]) -> Self {
        Self { prompt, cast }
    }

    /// The words of a provided symbol, if the prompt has any.
    pub(super) fn words(&self, given: Given, roll: &mut Roll) -> Option<Cow<'a, str>> {
        let speaker = &self.prompt.speaker;
        match given {
            Given::Me => Some(Cow::Borrowed(&speaker.name)),
            Given::You => self.you(),
            Given::Topic => self.prompt.topic.as_deref().map(in_a_sentence),
            Given::Heard => self.heard().map(in_quotes),
            Given::Keyword => self.keyword().map(Cow::Owned),
            Given::Before => self.before().map(Cow::Owned),
            Given::Who => self.quote().map(|quote| Cow::Borrowed(quote.who.as_str())),
            Given::Quote => self.quote().map(|quote| in_quotes(&quote.text)),
            Given::Catchphrase => roll
                .pick(&speaker.catchphrases)
                .map(|words| in_a_sentence(words)),
            Given::Like => roll.pick(&speaker.likes).map(|words| in_a_sentence(words)),
            Given::Other => self.other().map(Cow::Borrowed),
            Given::Recalled => self.recalled().map(|line| in_quotes(&line.text)),
            Given::RecalledWho => self
                .recalled()
                .map(|line| Cow::Borrowed(line.from.as_str())),
        }
    }

    /// The line that is answered, commented on or passed on; for an opening the topic.
    pub(super) fn heard(&self) -> Option<&'a str> {
        match &self.prompt.purpose {
            Purpose::Open => self.prompt.topic.as_deref(),
            Purpose::Gossip(quote) => Some(&quote.text),
            Purpose::Reply | Purpose::Aside => self.prompt.heard().map(|line| line.text.as_str()),
        }
    }

    /// A telling word of something that the other one said before.
    pub(super) fn before(&self) -> Option<String> {
        let (last, earlier) = self.prompt.memory.split_last()?;
        let now = self.keyword();
        earlier
            .iter()
            .filter(|line| line.from == last.from)
            .filter_map(|line| telling_word(&line.text, &self.names()))
            .find(|word| Some(word) != now.as_ref())
    }

    /// The older line that fits best.
    fn recalled(&self) -> Option<&'a PromptLine> {
        self.prompt.recalled.first().map(|recalled| &recalled.line)
    }

    /// True when that line was an angry one, by the one who is spoken to.
    pub(super) fn has_grudge(&self, angry: f64) -> bool {
        self.recalled()
            .is_some_and(|line| line.sentiment <= angry && self.prompt.to.contains(&line.from))
    }

    fn keyword(&self) -> Option<String> {
        telling_word(self.heard()?, &self.names())
    }

    fn quote(&self) -> Option<&'a parlor_model::Quote> {
        match &self.prompt.purpose {
            Purpose::Gossip(quote) => Some(quote),
            _ => None,
        }
    }

    fn you(&self) -> Option<Cow<'a, str>> {
        match self.prompt.to.as_slice() {
            [] => self
                .prompt
                .heard()
                .map(|line| Cow::Borrowed(line.from.as_str())),
            [one] => Some(Cow::Borrowed(one)),
            [many @ .., last] => Some(Cow::Owned(format!("{} and {last}", many.join(", ")))),
        }
    }

    /// Somebody else: who is here, who is gossiped about, or whom somebody mentioned.
    fn other(&self) -> Option<&'a str> {
        let here = self.prompt.present.iter().map(String::as_str);
        let quoted = self.quote().map(|quote| quote.who.as_str());
        here.chain(quoted)
            .find(|name| self.is_other(name))
            .or_else(|| self.mentioned())
    }

    fn mentioned(&self) -> Option<&'a str> {
        self.prompt.memory.iter().rev().find_map(|line| {
            let named = self.cast.iter().map(String::as_str).find(|name| {
                self.is_other(name)
                    && super::words::words(&line.text).any(|word| word.text == *name)
            });
            named.or_else(|| Some(line.from.as_str()).filter(|from| self.is_other(from)))
        })
    }

    fn is_other(&self, name: &str) -> bool {
        let addressed = match self.prompt.to.as_slice() {
            [] => self.prompt.heard().is_some_and(|line| line.from == name),
            to => to.iter().any(|you| you == name),
        };
        name != self.prompt.speaker.name && !addressed
    }

    fn names(&self) -> Vec<&'a str> {
        let here = self
            .prompt
            .to
            .iter()
            .chain(&self.prompt.present)
            .chain(self.cast);
        let heard = self.prompt.memory.iter().map(|line| line.from.as_str());
        std::iter::once(self.prompt.speaker.name.as_str())
            .chain(here.map(String::as_str))
            .chain(heard)
            .collect()
    }
}

/// Somebody's words as they stand inside a sentence: without the marks that would end it.
fn in_a_sentence(text: &str) -> Cow<'_, str> {
    let bare = text.trim().trim_end_matches(['.', ',', ';', ':', '!', '?']);
    if bare.chars().nth(QUOTE_CHARS_MAX).is_none() {
        Cow::Borrowed(bare)
    } else {
        Cow::Owned(shorten(bare, QUOTE_CHARS_MAX))
    }
}

/// Somebody's words as they stand inside double quotes: shortened, with single quotes of their own.
fn in_quotes(text: &str) -> Cow<'_, str> {
    let bare = text.trim().trim_end_matches([',', ';', ':']);
    if bare.contains(['"', '“', '”']) || bare.chars().nth(QUOTE_CHARS_MAX).is_some() {
        Cow::Owned(shorten(bare, QUOTE_CHARS_MAX).replace(['"', '“', '”'], "'"))
    } else {
        Cow::Borrowed(bare)
    }
}
