//! How conversations look on a terminal, and in exports.

use parlor_model::{Conversation, ConversationId, Message, MessageKind, MoveState};
use parlor_ports::store::Happening;
use std::io::IsTerminal;

/// Length of the rule in the owl post.
const RULE_CHARS: usize = 48;

/// True when colours are wanted there: a terminal, and `NO_COLOR` is not set.
pub(crate) fn colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Renders lines for people.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// With colours.
    pub(crate) colours: bool,
}

impl Terminal {
    /// For standard output.
    pub(crate) fn stdout() -> Self {
        Self {
            colours: colours(&std::io::stdout()),
        }
    }

    /// What happened, as one or more lines; `None` for what a transcript leaves out.
    pub(crate) fn happening(self, what: &Happening) -> Option<String> {
        match what {
            Happening::Message(message) => Some(self.message(message)),
            Happening::Opened(conversation) => Some(self.opened(conversation)),
            Happening::Closed(conversation) => Some(self.closed(conversation)),
            Happening::Paused(true) => Some(self.dim("── paused")),
            Happening::Paused(false) => Some(self.dim("── goes on")),
            Happening::Moved(made) => {
                let names: Vec<_> = made.characters.iter().map(|c| c.name.as_str()).collect();
                let from = made.from.as_ref().map(|from| from.name.as_str());
                let scene = &made.incident.text;
                from.filter(|_| made.state == MoveState::Sent)
                    .map(|from| self.owl_post(from, &names, scene, &made.inbox))
            }
            Happening::Paced(pace) => Some(self.dim(&format!("── a line every {pace}"))),
        }
    }

    /// Who sets out from where, what happened there, and where they are sent.
    pub(crate) fn owl_post(self, from: &str, who: &[&str], scene: &str, inbox: &str) -> String {
        let who: Vec<_> = who.iter().map(|name| self.name(name)).collect();
        format!(
            "From: {}\nCharacter: {}\nScene: {}\n{}\nSent To: {}\n",
            self.bold(&plain(from)),
            who.join(", "),
            plain(scene),
            self.dim(&"=".repeat(RULE_CHARS)),
            plain(inbox)
        )
    }

    fn opened(self, conversation: &Conversation) -> String {
        let who = conversation.participants.join(" and ");
        let topic = conversation
            .topic
            .as_ref()
            .map_or(String::new(), |t| format!(", about {}", plain(t)));
        let what = if conversation.parent_id.is_some() {
            "behind a back: "
        } else {
            ""
        };
        self.dim(&format!(
            "{} ── {what}{}{topic}",
            tag(conversation.id),
            plain(&who)
        ))
    }

    fn closed(self, conversation: &Conversation) -> String {
        let lines = conversation.lines();
        let s = if lines == 1 { "" } else { "s" };
        self.dim(&format!(
            "{} ── the end, after {lines} line{s}",
            tag(conversation.id)
        ))
    }

    fn message(self, message: &Message) -> String {
        let from = self.name(&message.from);
        let text = plain(&message.text);
        let note = if message.fallback {
            self.dim(" (fallback)")
        } else {
            String::new()
        };
        let tag = self.dim(&tag(message.conversation_id));
        match message.kind {
            MessageKind::Aside => {
                let (who, text) = (self.dim(&format!("({from}, aside)")), self.dim(&text));
                format!("{tag}      {who} {text}{note}")
            }
            MessageKind::Scene => format!("{tag}   *  {text}{note}"),
            MessageKind::Line => {
                let to = message
                    .to
                    .iter()
                    .map(|n| self.name(n))
                    .collect::<Vec<_>>()
                    .join(", ");
                let indent = if message.parent_id.is_some() {
                    "   ~ "
                } else {
                    ""
                };
                format!(
                    "{tag} {indent}{:>2}  {from} → {to}: {text}{note}",
                    message.order
                )
            }
        }
    }

    fn name(self, name: &str) -> String {
        let clean = plain(name);
        if !self.colours {
            return clean;
        }
        // One of six colours, always the same for the same name.
        let hash = name
            .bytes()
            .fold(5381u32, |h, b| h.wrapping_mul(33) ^ u32::from(b));
        format!("\u{1b}[1;{}m{clean}\u{1b}[0m", 31 + hash % 6)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        if self.colours {
            format!("\u{1b}[2m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        if self.colours {
            format!("\u{1b}[1m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Text without control characters: what a character says must not steer the terminal.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// A few digits by which a reader tells conversations apart.
fn tag(id: ConversationId) -> String {
    id.to_string().chars().take(4).collect()
}

/// A conversation as Markdown.
pub(crate) fn markdown(conversation: &Conversation, messages: &[Message]) -> String {
    let title = conversation
        .participants
        .iter()
        .map(|n| escape(n))
        .collect::<Vec<_>>()
        .join(" and ");
    let mut text = format!("## {title}\n\n");
    let mut facts = vec![format!("conversation `{}`", conversation.id)];
    if let Some(parent) = conversation.parent_id {
        facts.push(format!("behind the back of `{parent}`"));
    }
    if let Some(topic) = &conversation.topic {
        facts.push(format!("about {}", escape(topic)));
    }
    facts.push(
        conversation
            .created_at
            .format("%Y-%m-%d %H:%M:%S UTC")
            .to_string(),
    );
    text.push_str(&format!("*{}*\n\n", facts.join(" · ")));
    for message in messages {
        let (from, words) = (escape(&message.from), escape(&message.text));
        match message.kind {
            MessageKind::Aside => text.push_str(&format!("> {from} (aside): {words}\n\n")),
            MessageKind::Scene => text.push_str(&format!("*{words}*\n\n")),
            MessageKind::Line => text.push_str(&format!("**{from}:** {words}\n\n")),
        }
    }
    text
}

/// Text as Markdown text: no markup, no HTML.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in plain(text).chars() {
        if "\\`*_{}[]<>()#+-!|~&".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owl_post_tells_from_who_scene_and_topic_hp20() {
        let terminal = Terminal { colours: false };
        let post = terminal.owl_post(
            "Pitch",
            &["Harry", "Draco"],
            "A tie; off to read.",
            "library-messages",
        );
        let lines: Vec<_> = post.lines().collect();
        assert_eq!(
            lines[..3],
            [
                "From: Pitch",
                "Character: Harry, Draco",
                "Scene: A tie; off to read."
            ]
        );
        assert!(lines[3].len() > 20 && lines[3].chars().all(|c| c == '='));
        assert_eq!(lines[4..], ["Sent To: library-messages"]);
    }

    #[test]
    fn what_is_said_cannot_steer_a_terminal_or_a_document() {
        assert_eq!(plain("a\u{1b}[31mb\r\n"), "a [31mb  ");
        assert_eq!(escape("<img src=x>*"), "\\<img src=x\\>\\*");
    }
}
