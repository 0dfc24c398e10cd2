//! The words of Parlor, as types: ids, worlds and their file format, conversations, messages,
//! envelopes, prompts, and the effects of a step. Time and dice are parameters ([`Clock`],
//! [`Dice`]); nothing here reads a file, a socket, a clock or ambient randomness.
//!
//! Where to add what:
//! - a field of a world file: [`world::file`] (the struct is also the JSON Schema);
//! - a kind of event on the bus: [`envelope::EventBody`];
//! - something a step can do: [`effects::Effects`].

pub mod account;
pub mod again;
pub mod card;
pub mod clock;
pub mod companion;
pub mod conversation;
pub mod dice;
pub mod effects;
pub mod envelope;
pub mod id;
pub mod legs;
pub mod name;
pub mod prompt;
pub mod recall;
pub mod session;
pub mod talk;
pub mod travel;
pub mod words;
pub mod world;

pub use account::{Account, AccountRole, Username};
pub use again::Again;
pub use clock::{Clock, ManualClock, SystemClock};
pub use companion::{Activity, Companion, Difficulty, Household, Mood, Tie};
pub use conversation::{
    Conversation, ConversationKind, ConversationStatus, Message, MessageKind, SpeakerRole,
};
pub use dice::{Dice, Roll};
pub use effects::{Effects, Guard, NewMessage, OutboxRow};
pub use envelope::{Envelope, EnvelopeError, EventBody, Opening};
pub use id::{AccountId, ConversationId, EventId, MessageId, RunId};
pub use legs::Legs;
pub use name::{InvalidSlug, Slug};
pub use prompt::{Prompt, PromptLine, Purpose, Quote, Recollection, Setting};
pub use session::{Session, SessionEvent, SessionLine};
pub use talk::{Act, Cue};
pub use travel::{Incident, Move, MoveState, MovedBy, Named, NewMove, NewRun, Traveller};
pub use world::{Character, Origin, Place, World};
