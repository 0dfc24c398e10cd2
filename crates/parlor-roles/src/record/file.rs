//! The form of a recording: JSON Lines, a header and then one entry for each change.

use parlor_model::{Conversation, Message};
use parlor_ports::store::{Change, Happening};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{BufRead, Read};

/// The version of the form that this program writes and reads.
pub const VERSION: u32 = 1;
/// Longest line that is read, in bytes: a header holds a world's files.
const LINE_BYTES_MAX: u64 = 64 << 20;
/// Most entries that are read.
const ENTRIES_MAX: usize = 5_000_000;

/// The first line: the world and the dice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Header {
    /// [`VERSION`].
    pub recording: u32,
    /// The program's version, for people.
    pub program: String,
    /// What was recorded: `play` or `up`.
    pub command: String,
    /// The world's slug.
    pub world: String,
    /// The seed of the dice.
    pub seed: u64,
    /// The pause between lines, in microseconds.
    pub pace_micros: u64,
    /// The name of the world file, for messages.
    pub file: String,
    /// The text of the world file.
    pub source: String,
    /// The files that it names, in Base64.
    pub files: BTreeMap<String, String>,
}

/// A change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// Its place in the store's log.
    pub cursor: String,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// A conversation was opened.
    Opened(Conversation),
    /// Something was said.
    Said(Box<Said>),
    /// A conversation was closed.
    Closed(Conversation),
}

/// Something that was said, and from what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Said {
    /// SHA-256 of the prompt ([`crate::record::digest`]); absent where nobody was asked for words, or
    /// where the process ended before it could take note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// The message.
    pub message: Message,
}

impl Entry {
    /// The entry for a change; `None` for one that has no part in a transcript.
    #[must_use]
    pub fn of(change: &Change, prompt: Option<String>) -> Option<Self> {
        let what = match &change.what {
            Happening::Message(message) => What::Said(Box::new(Said {
                prompt,
                message: message.clone(),
            })),
            Happening::Opened(conversation) => What::Opened(conversation.clone()),
            Happening::Closed(conversation) => What::Closed(conversation.clone()),
            _ => return None,
        };
        Some(Self {
            cursor: change.cursor.to_string(),
            what,
        })
    }
}

/// What is wrong with a recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// It can't be read or written.
    #[error("the recording can't be read or written: {0}")]
    Io(#[from] std::io::Error),
    /// The first line is none of a recording.
    #[error("this is no recording: its first line is not a header ({0})")]
    NoHeader(String),
    /// Another version.
    #[error("the recording has version {found}, and this program reads version {VERSION}")]
    Version {
        /// What it says.
        found: u32,
    },
    /// A line is wrong.
    #[error("line {line} of the recording can't be read: {reason}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Too much of it.
    #[error("the recording has more than {ENTRIES_MAX} entries")]
    TooLong,
}

/// A recording that was read.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Its header.
    pub header: Header,
    /// What happened, in the order of the commits.
    pub entries: Vec<Entry>,
    /// Bytes up to the end of the last whole line. A process that was killed may have left half a
    /// line behind it.
    pub whole_bytes: u64,
}

impl Recording {
    /// Reads a recording. Half a line at its end is left out.
    ///
    /// # Errors
    /// [`RecordingError`] says what is wrong, and in which line.
    pub fn read(mut from: impl BufRead) -> Result<Self, RecordingError> {
        let mut line = Vec::new();
        if !next(&mut from, &mut line, 1)? {
            return Err(RecordingError::NoHeader("it is empty".to_owned()));
        }
        let header = header(&line)?;
        let mut whole_bytes = line.len() as u64;
        let mut entries = Vec::new();
        while next(&mut from, &mut line, entries.len() + 2)? {
            if entries.len() >= ENTRIES_MAX {
                return Err(RecordingError::TooLong);
            }
            let entry = serde_json::from_slice(&line).map_err(|error| RecordingError::Line {
                line: entries.len() + 2,
                reason: error.to_string(),
            })?;
            entries.push(entry);
            whole_bytes += line.len() as u64;
        }
        Ok(Self {
            header,
            entries,
            whole_bytes,
        })
    }
}

/// Reads a whole line; false at the end, also when half a line is left.
fn next(
    from: &mut impl BufRead,
    line: &mut Vec<u8>,
    number: usize,
) -> Result<bool, RecordingError> {
    line.clear();
    from.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', line)?;
    if line.last() == Some(&b'\n') {
        return Ok(true);
    }
    if line.len() as u64 >= LINE_BYTES_MAX {
        return Err(RecordingError::Line {
            line: number,
            reason: format!("it is longer than {} MiB", LINE_BYTES_MAX >> 20),
        });
    }
    Ok(false)
}

fn header(line: &[u8]) -> Result<Header, RecordingError> {
    #[derive(Deserialize)]
    struct Versioned {
        recording: u32,
    }
    let no_header = |error: serde_json::Error| RecordingError::NoHeader(error.to_string());
    let found = serde_json::from_slice::<Versioned>(line)
        .map_err(no_header)?
        .recording;
    if found != VERSION {
        return Err(RecordingError::Version { found });
    }
    serde_json::from_slice(line).map_err(no_header)
}
