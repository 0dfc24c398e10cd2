//! A person's talk with a character: the session, and the lines said in it.

use crate::conversation::{ConversationStatus, SpeakerRole};
use crate::id::{ConversationId, MessageId};
use crate::name::Slug;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest title of a session, in characters.
pub const TITLE_CHARS_MAX: usize = 80;

/// A person talks with a character: a conversation of kind
/// [`Session`](crate::ConversationKind::Session), which only that person sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: ConversationId,
    /// The world.
    pub world: Slug,
    /// With whom.
    pub character: Slug,
    /// Whose it is: the account's id.
    pub owner: Uuid,
    /// What the person is called.
    pub username: String,
    /// What it is about, for lists: the beginning of its first line, or what its person called it.
    pub title: Option<String>,
    /// Active while somebody is connected; closed ones can be taken up again.
    pub status: ConversationStatus,
    /// Lines said so far: the order of the latest one.
    pub lines: u32,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When something was last said, or it was opened or closed.
    pub updated_at: DateTime<Utc>,
    /// When it was closed; `None` while it is active.
    pub ended_at: Option<DateTime<Utc>>,
}

/// One line said in a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLine {
    /// Its id: a person's line has one of its own, a character's is derived from the line that it
    /// answers.
    pub id: MessageId,
    /// 1..n over the lines of the session, without gap.
    pub order: u32,
    /// The person or the character.
    pub role: SpeakerRole,
    /// The words.
    pub text: String,
    /// Another dialect than the character's own has spoken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
    /// When it was said.
    pub at: DateTime<Utc>,
}

impl SessionLine {
    /// The id of the line that answers the line `said`.
    #[must_use]
    pub fn answer_id(said: MessageId) -> MessageId {
        MessageId::derive(said.0, "answer")
    }
}

/// The id of a character, for programs that name characters by UUID: derived from the world's name and
/// the slug, so it stays as long as they do.
#[must_use]
pub fn character_id(world: &Slug, character: &Slug) -> Uuid {
    let name = format!("/worlds/{world}/characters/{character}");
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes())
}

/// What is on the bus about one line of a session: that a person wrote it, or that a character
/// answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEvent {
    /// Whose session it is.
    pub username: String,
    /// The character, by [`character_id`].
    pub character_id: Uuid,
    /// The session.
    pub session_id: ConversationId,
    /// The words.
    pub content: String,
    /// The line's id.
    pub message_id: MessageId,
    /// The order of the person's line: of this one, or of the one that is answered. On the bus it is
    /// not in the data but an attribute beside it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub order: u32,
    /// Another dialect than the character's own has spoken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that serde calls"
)]
fn is_zero(order: &u32) -> bool {
    *order == 0
}

/// The title of a session whose first line is `text`: its beginning, cut between words.
#[must_use]
pub fn title_of(text: &str) -> String {
    let words = text.split_whitespace();
    let mut title = String::new();
    for word in words {
        let room = TITLE_CHARS_MAX.saturating_sub(title.chars().count() + 2);
        if word.chars().count() > room {
            if title.is_empty() {
                title.extend(word.chars().take(room));
            }
            title.push('…');
            return title;
        }
        if !title.is_empty() {
            title.push(' ');
        }
        title.push_str(word);
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_beginning_of_a_line_cut_between_words() {
        assert_eq!(
            title_of("  What is\n an arc  reactor? "),
            "What is an arc reactor?"
        );
        let long = title_of(&"armour ".repeat(40));
        assert!(long.ends_with("armour…"), "{long}");
        assert!(long.chars().count() <= TITLE_CHARS_MAX);
        let one_word = title_of(&"é".repeat(500));
        assert!(one_word.chars().count() <= TITLE_CHARS_MAX, "{one_word}");
        assert_eq!(title_of(" \n"), "");
    }
}
