//! Names on the bus: route templates and what they give for a cast.

use crate::name::Slug;
use crate::world::Character;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Which consumer an inbox belongs to.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum InboxKind {
    /// One for each character.
    #[default]
    Character,
    /// One for each conversation.
    Conversation,
    /// One for each place.
    Place,
    /// One for the whole world; its consumers share the work.
    Shared,
}

/// How an exchange picks queues (AMQP 0-9-1).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ExchangeKind {
    /// By equal key.
    #[default]
    Direct,
    /// By key pattern.
    Topic,
    /// Every queue.
    Fanout,
}

/// A world's names on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routing {
    /// Whose inboxes.
    pub inbox: InboxKind,
    /// The exchange (unused on buses without exchanges).
    pub exchange: String,
    /// How the exchange routes.
    pub exchange_kind: ExchangeKind,
    /// Names the queue or topic.
    pub queue: Template,
    /// Names the routing key, or the partition key.
    pub key: Template,
    /// The inbox of what characters answer to people; `None` where nobody talks with people.
    pub answers: Option<String>,
}

/// A name with placeholders: `{Name}`, `{slug}`, `{world}`, `{place}`, `{a}`, `{b}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template(String);

/// Placeholders that a template may use.
const PLACEHOLDERS: [&str; 6] = ["Name", "slug", "world", "place", "a", "b"];
/// Longest template, in bytes; a queue name in AMQP has at most 255.
const TEMPLATE_BYTES_MAX: usize = 120;

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A placeholder that does not exist.
    #[error(
        "there is no placeholder {{{0}}}: use one of {{Name}}, {{slug}}, {{world}}, {{place}}, {{a}}, {{b}}"
    )]
    Unknown(String),
    /// A brace without its partner.
    #[error("a brace is not closed")]
    Unclosed,
    /// Too long or empty.
    #[error("a template has 1 to {TEMPLATE_BYTES_MAX} bytes and no control characters")]
    Form,
}

impl Template {
    /// Checks and wraps `text`.
    ///
    /// # Errors
    /// [`TemplateError`] says what is wrong with it.
    pub fn new(text: impl Into<String>) -> Result<Self, TemplateError> {
        let text = text.into();
        if text.is_empty() || text.len() > TEMPLATE_BYTES_MAX || text.chars().any(char::is_control)
        {
            return Err(TemplateError::Form);
        }
        let mut rest = text.as_str();
        while let Some(open) = rest.find('{') {
            let close = rest[open..].find('}').ok_or(TemplateError::Unclosed)? + open;
            let name = &rest[open + 1..close];
            if !PLACEHOLDERS.contains(&name) {
                return Err(TemplateError::Unknown(name.chars().take(40).collect()));
            }
            rest = &rest[close + 1..];
        }
        Ok(Self(text))
    }

    /// True when the template uses the placeholder.
    #[must_use]
    pub fn uses(&self, placeholder: &str) -> bool {
        self.0.contains(&format!("{{{placeholder}}}"))
    }

    /// The text with its placeholders filled; a placeholder without a value becomes empty.
    #[must_use]
    pub fn fill(&self, values: &[(&str, &str)]) -> String {
        PLACEHOLDERS
            .iter()
            .fold(self.0.clone(), |text, placeholder| {
                let value = values
                    .iter()
                    .find(|(n, _)| n == placeholder)
                    .map_or("", |(_, v)| v);
                text.replace(&format!("{{{placeholder}}}"), value)
            })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Template {
    type Error = TemplateError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.0
    }
}

/// An inbox and the key that leads to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Binding {
    /// The queue or topic.
    pub inbox: String,
    /// The routing key (AMQP) or partition key (Kafka).
    pub key: String,
}

/// Everything that must exist on the bus for a world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Topology {
    /// The world's slug.
    pub world: Slug,
    /// The exchange.
    pub exchange: String,
    /// How it routes.
    pub exchange_kind: ExchangeKind,
    /// Its inboxes.
    pub inboxes: Vec<Binding>,
    /// Where messages go that can never succeed.
    pub dead_letters: String,
}

impl Routing {
    /// The inbox of a character.
    #[must_use]
    pub fn inbox_of(&self, world: &Slug, character: &Character) -> String {
        match &character.inbox {
            Some(own) => own.clone(),
            None => Self::fill(&self.queue, world, character),
        }
    }

    /// The routing key of a character.
    #[must_use]
    pub fn key_of(&self, world: &Slug, character: &Character) -> String {
        match &character.inbox {
            Some(own) => own.clone(),
            None => Self::fill(&self.key, world, character),
        }
    }

    /// What must exist on the bus.
    #[must_use]
    pub fn topology(&self, world: &Slug, cast: &[Arc<Character>]) -> Topology {
        let mut inboxes: Vec<Binding> = Vec::with_capacity(cast.len());
        let mut seen = std::collections::HashSet::new();
        for character in cast {
            let inbox = self.inbox_of(world, character);
            if seen.insert(inbox.clone()) {
                inboxes.push(Binding {
                    inbox,
                    key: self.key_of(world, character),
                });
            }
        }
        if let Some(answers) = &self.answers {
            inboxes.push(Binding {
                inbox: answers.clone(),
                key: answers.clone(),
            });
        }
        Topology {
            world: world.clone(),
            exchange: self.exchange.clone(),
            exchange_kind: self.exchange_kind,
            inboxes,
            dead_letters: format!("{world}-dead-letters"),
        }
    }

    fn fill(template: &Template, world: &Slug, character: &Character) -> String {
        template.fill(&[
            ("Name", &character.name),
            ("slug", character.slug.as_str()),
            ("world", world.as_str()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_names_the_queue_of_a_character_fr7() {
        let template = Template::new("q-{Name}").unwrap();
        assert_eq!(template.fill(&[("Name", "Ross")]), "q-Ross");
    }

    #[test]
    fn a_template_says_what_is_wrong_with_it() {
        assert_eq!(
            Template::new("q-{nme}"),
            Err(TemplateError::Unknown("nme".into()))
        );
        assert_eq!(Template::new("q-{Name"), Err(TemplateError::Unclosed));
        assert_eq!(Template::new(""), Err(TemplateError::Form));
    }
}
