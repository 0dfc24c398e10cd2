//! The port by which people talk with characters: a person joins a session, says lines, and is told
//! what is new in it, whoever said it and in whichever process that happened.

use crate::cache::Holder;
use crate::error::{PortError, PortResult};
use async_trait::async_trait;
use parlor_model::{ConversationId, MessageId, Session, SessionLine, Slug};
use std::time::Duration;
use tokio::sync::mpsc;
use uuid::Uuid;

/// A person at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// Id of the account.
    pub account: Uuid,
    /// What the person is called.
    pub username: String,
}

/// Which session somebody wants to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A new one, of this id.
    New(ConversationId),
    /// One of theirs.
    Resume {
        /// Which.
        session: ConversationId,
        /// The last line that they have seen; `None`: they will ask for the lines otherwise.
        after: Option<MessageId>,
    },
}

/// Who wants to join what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Who.
    pub visitor: Visitor,
    /// The world.
    pub world: Slug,
    /// With whom.
    pub character: Slug,
    /// Which session.
    pub wish: Wish,
    /// Also told the pieces of lines that are being found.
    pub pieces: bool,
}

/// A connection of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seat {
    /// The session.
    pub session: ConversationId,
    /// Tells seats of one process apart.
    pub number: u64,
}

/// What somebody is told who has joined. Lines come in their order, each once.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// Somebody said this.
    Line(SessionLine),
    /// The character is looking for words.
    Typing,
    /// A piece of the line that answers this one; the whole line comes afterwards, and stands.
    Piece {
        /// The line that is answered.
        answers: MessageId,
        /// The piece.
        text: String,
    },
    /// The session was deleted; nothing more is told.
    Gone,
}

/// Somebody has joined.
pub struct Joined {
    /// Their place.
    pub seat: Seat,
    /// The session.
    pub session: Session,
    /// Lines that they have missed, oldest first.
    pub missed: Vec<SessionLine>,
    /// What is new from then on. Ends with [`Told::Gone`], or without it when they read too slowly.
    pub told: mpsc::Receiver<Told>,
}

/// Why a wish is not granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    /// There is no such character to talk with.
    #[error("there is no character '{0}' here to talk with")]
    UnknownCharacter(String),
    /// They have no such session with this character.
    #[error("you have no session {0} with this character")]
    UnknownSession(ConversationId),
    /// Their account was deleted; a token may outlive it by some minutes.
    #[error("your account is gone")]
    NoAccount,
    /// Too many at the same time; as a sentence.
    #[error("{0}")]
    Full(&'static str),
    /// So much was said that nothing more is taken for a while.
    #[error("too many messages: go on in {} s", .0.as_secs().max(1))]
    TooFast(Duration),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Where people talk with characters.
#[async_trait]
pub trait Chat: Send + Sync {
    /// Joins a session, which is active from then on.
    ///
    /// # Errors
    /// [`ChatError`].
    async fn join(&self, join: Join) -> Result<Joined, ChatError>;

    /// Says a line. When it returns the line is on disk and will be answered, and everybody in the
    /// session is told. The same `id` again is the same line.
    ///
    /// # Errors
    /// [`ChatError`]; after a retryable one of a port the line may have been said: say it again
    /// with its id.
    async fn say(
        &self,
        seat: Seat,
        visitor: &Visitor,
        id: MessageId,
        text: String,
    ) -> Result<SessionLine, ChatError>;

    /// Leaves. The session is closed when nobody else is in it.
    async fn leave(&self, seat: Seat);

    /// Gets to know characters that were made elsewhere a moment ago.
    async fn look_for_newcomers(&self);

    /// Deletes a session of theirs with everything said in it; who is in it is shown out. False where
    /// they have none of this id.
    ///
    /// # Errors
    /// A port failed.
    async fn delete(&self, account: Uuid, session: ConversationId) -> PortResult<bool>;

    /// Deletes everything that this account said and was told. Who is in one of its sessions is shown
    /// out.
    ///
    /// # Errors
    /// A port failed.
    async fn delete_all(&self, account: Uuid) -> PortResult<u32>;
}

/// News of a session, on their way to whoever holds its connections.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// A line was added.
    Line(ConversationId, SessionLine),
    /// A piece of the line that answers this one was found.
    Piece(ConversationId, MessageId, String),
    /// It was deleted.
    Gone(ConversationId),
}

/// Carries news to processes.
#[async_trait]
pub trait Courier: Send + Sync {
    /// Hands news to a holder. At most once: who misses some finds the lines in the store.
    ///
    /// # Errors
    /// Retryable when the holder can't be reached; some of it may have been handed over.
    async fn hand(&self, to: &Holder, news: Vec<News>) -> PortResult<()>;
}
