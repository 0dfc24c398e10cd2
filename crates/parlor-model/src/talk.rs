//! Conversations that are decided whole before they are put into words.

use crate::companion::Mood;

/// What a line does in its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Brings the topic up.
    Opening,
    /// Answers a question.
    Answer,
    /// Agrees with who spoke last.
    Agree,
    /// Disagrees with who spoke last.
    Disagree,
    /// Commits to nothing.
    Neutral,
    /// Asks somebody back.
    Question,
    /// Ends the conversation.
    Closing,
    /// Minds that they are friends.
    Friend,
    /// Minds that they can't stand each other.
    Rival,
    /// Misses the owner, who has been away.
    Missing,
}

/// A line to be put into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cue {
    /// Who says it: place among the participants.
    pub speaker: usize,
    /// Who spoke last, or is asked: place among the participants; another one than the speaker.
    pub to: usize,
    /// What it does.
    pub act: Act,
    /// How it is meant: happy for it, neutral, or unhappy about it.
    pub tone: Mood,
}
