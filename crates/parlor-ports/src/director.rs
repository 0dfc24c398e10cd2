//! What people may ask of a stage: the commands behind the HTTP API. Roles implement it, the
//! gateway calls it.

use crate::error::PortError;
use async_trait::async_trait;
use parlor_model::world::Pace;
use parlor_model::{Conversation, ConversationId, Move, RunId, Slug};
use uuid::Uuid;

/// A wish for a conversation. What is left out is drawn by the world's dice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StartRequest {
    /// Who begins: slug or display name.
    pub from: Option<String>,
    /// With whom.
    pub to: Option<String>,
    /// About what.
    pub topic: Option<String>,
    /// The first line, said by `from`.
    pub message: Option<String>,
    /// Derives the ids of what is started: the same key starts one conversation, however often it
    /// is asked for. A random one where the caller has none.
    pub key: Uuid,
}

/// A conversation that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The conversation, as it was opened.
    pub conversation: Conversation,
    /// Display name of who begins.
    pub from: String,
    /// Display name of the other one.
    pub with: String,
}

/// A wish that some go from where they are to another place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MoveWish {
    /// Who: slugs or display names.
    pub who: Vec<String>,
    /// To where: slug or display name.
    pub to: String,
    /// Derives the id of the move.
    pub key: Uuid,
}

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectorError {
    /// There is no such world here.
    #[error("there is no world '{0}' on this server")]
    UnknownWorld(String),
    /// There is no such character in the world.
    #[error("there is no character '{name}' in '{world}'; its cast: {cast}")]
    UnknownCharacter {
        /// What was asked for.
        name: String,
        /// The world.
        world: Slug,
        /// Slugs of the cast.
        cast: String,
    },
    /// The request can't be carried out as it is.
    #[error("{0}")]
    Refused(String),
    /// There is no such place in the world.
    #[error("there is no place '{name}' in '{world}'; its places: {places}")]
    UnknownPlace {
        /// What was asked for.
        name: String,
        /// The world.
        world: Slug,
        /// Slugs of the places.
        places: String,
    },
    /// They are not where they would have to be.
    #[error("{0}")]
    NotTogether(String),
    /// There is no such conversation.
    #[error("there is no conversation {0}")]
    UnknownConversation(ConversationId),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Commands to a stage.
#[async_trait]
pub trait Director: Send + Sync {
    /// Opens a conversation and cues its first speaker. Once it returns, the start is on disk and
    /// survives any crash. The same `key` again gives the same conversation and starts nothing.
    ///
    /// # Errors
    /// [`DirectorError`] says what is wrong with the request, or which port failed.
    async fn start(&self, world: &Slug, request: StartRequest) -> Result<Started, DirectorError>;

    /// Closes a conversation: a line that is on its way is delivered, nothing more is said.
    /// Closing a closed one changes nothing.
    ///
    /// # Errors
    /// [`DirectorError::UnknownConversation`], or a port failed.
    async fn close(&self, id: ConversationId) -> Result<Conversation, DirectorError>;

    /// Pauses a world (nothing is said; what is on its way waits) or resumes it. Idempotent.
    ///
    /// # Errors
    /// [`DirectorError::UnknownWorld`], or a port failed.
    async fn set_paused(&self, world: &Slug, paused: bool) -> Result<(), DirectorError>;

    /// Sets the pause between lines, for the lines to come, in all processes. Idempotent.
    ///
    /// # Errors
    /// [`DirectorError::UnknownWorld`], or a port failed.
    async fn set_pace(&self, world: &Slug, pace: Pace) -> Result<(), DirectorError>;

    /// The pause between lines where nobody set another; `None` for an unknown world.
    fn own_pace(&self, world: &Slug) -> Option<Pace>;

    /// Begins a run of a world's journeys: everybody is at home, and groups set out. What still is on its
    /// way of a run before no longer arrives. Once it returns, the run is on disk. The same `key` again
    /// gives the same run and begins nothing.
    ///
    /// # Errors
    /// [`DirectorError::Refused`] where nobody travels.
    async fn begin_run(&self, world: &Slug, _key: Uuid) -> Result<RunId, DirectorError> {
        Err(nobody_travels(world))
    }

    /// Begins a run in which everybody stays at home.
    ///
    /// # Errors
    /// As [`Director::begin_run`].
    async fn send_home(&self, world: &Slug, _key: Uuid) -> Result<RunId, DirectorError> {
        Err(nobody_travels(world))
    }

    /// Sends some who are at one place to another, by hand: they arrive there, and stay. The same `key`
    /// again gives the same move.
    ///
    /// # Errors
    /// [`DirectorError::UnknownCharacter`], [`DirectorError::UnknownPlace`];
    /// [`DirectorError::NotTogether`] when they are not at one place, or just on their way.
    async fn send_by_hand(&self, world: &Slug, _wish: MoveWish) -> Result<Move, DirectorError> {
        Err(nobody_travels(world))
    }

    /// Looks who has joined or left the cast of a world, before the next look that is due anyway.
    async fn look_for_newcomers(&self, _world: &Slug) {}
}

fn nobody_travels(world: &Slug) -> DirectorError {
    DirectorError::Refused(format!(
        "nobody travels in '{world}': its file has no [mechanics.travel]"
    ))
}
