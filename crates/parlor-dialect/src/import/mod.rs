//! Readers of chat exports: an iterator of messages over whatever can be read, in bounded memory.
//!
//! | format | file |
//! | --- | --- |
//! | [`Format::Sms`] | SMS Backup & Restore, `.xml` |
//! | [`Format::WhatsApp`] | a WhatsApp chat, `.txt`, as Android and iOS write it |
//! | [`Format::Telegram`] | Telegram Desktop, `result.json`, of one chat or of all |
//! | [`Format::Plain`] | `name: text`, a message a line; an empty line begins another conversation |
//!
//! # Adding a format
//! 1. A module with a reader that implements `Source`: the next message, or what is wrong.
//! 2. A variant of [`Format`], an arm in [`Messages::open`], and in [`detect`] what gives it away.
//!
//! # What to notice
//! - An export is written by a program, but it may come from anybody. Lines, elements, texts and
//!   names have a longest length; what is longer is cut or passed over, and counted ([`Skips`]).
//! - What can't be understood is passed over and counted as long as the rest still can be; a file
//!   that is broken off or no such format at all is an error with its line.

mod collection;
mod date;
mod input;
mod json;
mod plain;
mod pseudonyms;
mod redact;
mod sms;
mod telegram;
mod whatsapp;

pub use collection::{Collection, Full, Person};
pub use pseudonyms::Pseudonyms;
pub use redact::redact;

use chrono::NaiveDateTime;
use std::fmt;
use std::io::{self, BufRead, Read};

/// Bytes from the beginning of a file that tell its format.
const DETECT_BYTES: usize = 64 << 10;
/// Longest text of a message, in bytes; the rest is cut.
const TEXT_BYTES_MAX: usize = 8 << 10;
/// Longest name of a person, in characters.
const NAME_CHARS_MAX: usize = 60;

/// One message of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Counts the conversations of the file, from 0.
    pub thread: u32,
    /// Who said it.
    pub from: String,
    /// The words, in one line.
    pub text: String,
    /// When, by the clock of the device that wrote the file.
    pub at: Option<NaiveDateTime>,
}

/// Why a file can't be read on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The content is wrong.
    #[error("line {line}: {what}")]
    Malformed {
        /// From 1.
        line: u64,
        /// What is wrong, and what to do.
        what: String,
    },
    /// The file is of no format that is known.
    #[error("{0}")]
    Unknown(&'static str),
    /// The bytes can't be had.
    #[error("the file can't be read: {0}")]
    Io(#[from] io::Error),
}

/// A format of exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// SMS Backup & Restore.
    Sms,
    /// WhatsApp.
    WhatsApp,
    /// Telegram Desktop.
    Telegram,
    /// `name: text`.
    Plain,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sms => "SMS Backup & Restore",
            Self::WhatsApp => "WhatsApp chat",
            Self::Telegram => "Telegram Desktop",
            Self::Plain => "name: text",
        })
    }
}

/// What was passed over, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Skips {
    /// What the program wrote by itself ("Ann joined"), drafts, and what was never sent.
    pub system: u64,
    /// Pictures, sounds and the like, without words.
    pub media: u64,
    /// What can't be understood.
    pub malformed: u64,
    /// The line of the first of them.
    pub malformed_line: Option<u64>,
    /// Texts or lines that were cut, as they are too long.
    pub cut: u64,
}

impl Skips {
    fn malformed_at(&mut self, line: u64) {
        self.malformed += 1;
        self.malformed_line.get_or_insert(line);
    }

    /// Adds the counts of another file.
    pub fn add(&mut self, other: &Self) {
        self.system += other.system;
        self.media += other.media;
        self.malformed += other.malformed;
        self.malformed_line = self.malformed_line.or(other.malformed_line);
        self.cut += other.cut;
    }
}

/// A reader of one format.
trait Source {
    /// The next message; `None` at the end.
    fn next(&mut self, skips: &mut Skips) -> Result<Option<Message>, ImportError>;
}

/// The messages of an export. After an error there are no more.
pub struct Messages<'a> {
    source: Option<Box<dyn Source + 'a>>,
    format: Format,
    skips: Skips,
}

impl<'a> Messages<'a> {
    /// Opens an export. `format` is found out when it is not given; `me` is the name of the one who
    /// made the export where a format does not tell it (SMS).
    ///
    /// # Errors
    /// [`ImportError`]: no format fits, or the bytes can't be read.
    pub fn open(
        mut input: impl BufRead + 'a,
        format: Option<Format>,
        me: &str,
    ) -> Result<Self, ImportError> {
        let mut head = Vec::with_capacity(DETECT_BYTES);
        input
            .by_ref()
            .take(DETECT_BYTES as u64)
            .read_to_end(&mut head)?;
        let format = match format {
            Some(format) => format,
            None => detect(&head)?,
        };
        let whole = io::Cursor::new(head).chain(input);
        let source: Box<dyn Source + 'a> = match format {
            Format::Sms => Box::new(sms::Sms::new(whole, me)),
            Format::WhatsApp => Box::new(whatsapp::WhatsApp::new(whole)),
            Format::Telegram => Box::new(telegram::Telegram::new(whole)),
            Format::Plain => Box::new(plain::Plain::new(whole)),
        };
        Ok(Self {
            source: Some(source),
            format,
            skips: Skips::default(),
        })
    }

    /// The format that is read.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// What was passed over until now.
    #[must_use]
    pub fn skips(&self) -> Skips {
        self.skips
    }
}

impl fmt::Debug for Messages<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages")
            .field("format", &self.format)
            .field("skips", &self.skips)
            .finish_non_exhaustive()
    }
}

impl Iterator for Messages<'_> {
    type Item = Result<Message, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.source.as_mut()?.next(&mut self.skips).transpose();
        if !matches!(next, Some(Ok(_))) {
            self.source = None;
        }
        next
    }
}

/// Finds out a format by how a file begins.
///
/// # Errors
/// [`ImportError::Unknown`] with what it is, where that can be told, and what to do.
pub fn detect(head: &[u8]) -> Result<Format, ImportError> {
    if head.starts_with(b"PK\x03\x04") {
        return Err(ImportError::Unknown(
            "this is a zip archive: unpack it, and give the .txt, .xml or .json inside",
        ));
    }
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Err(ImportError::Unknown(
            "this is UTF-16 text: save it as UTF-8",
        ));
    }
    let head = String::from_utf8_lossy(head);
    let head = head.trim_start_matches('\u{feff}').trim_start();
    if head.starts_with('<') && (head.contains("<smses") || head.starts_with("<?xml")) {
        return Ok(Format::Sms);
    }
    if head.starts_with('{') && (head.contains("\"messages\"") || head.contains("\"chats\"")) {
        return Ok(Format::Telegram);
    }
    if head.lines().take(50).any(whatsapp::is_message) {
        return Ok(Format::WhatsApp);
    }
    if plain::looks_plain(head) {
        return Ok(Format::Plain);
    }
    Err(ImportError::Unknown(
        "no known export: give one of SMS Backup & Restore (.xml), WhatsApp (.txt), Telegram Desktop \
         (result.json), or lines of the form 'name: text'",
    ))
}

/// The paragraphs of a text that is no export, each in one line: a line that breaks in the middle of
/// a sentence is joined with the next.
pub fn paragraphs(input: impl BufRead) -> impl Iterator<Item = io::Result<String>> {
    input::Paragraphs::new(input)
}

/// One line of `text`, cut where it is too long.
fn in_one_line(text: &str, skips: &mut Skips) -> String {
    let mut line = String::with_capacity(text.len().min(TEXT_BYTES_MAX));
    for word in text.split(|c: char| c.is_whitespace() || c.is_control() || is_mark(c)) {
        if word.is_empty() {
            continue;
        }
        if line.len() + word.len() >= TEXT_BYTES_MAX {
            skips.cut += 1;
            let room = TEXT_BYTES_MAX.saturating_sub(line.len() + 1);
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word[..word.floor_char_boundary(room)]);
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// A name in one line, cut where it is too long.
fn clean_name(name: &str) -> String {
    let words = name
        .split(|c: char| c.is_whitespace() || c.is_control() || is_mark(c))
        .filter(|word| !word.is_empty() && *word != "~");
    let mut clean = String::new();
    for word in words.take(NAME_CHARS_MAX) {
        if !clean.is_empty() {
            clean.push(' ');
        }
        clean.push_str(word);
    }
    match clean.char_indices().nth(NAME_CHARS_MAX) {
        Some((end, _)) => clean[..end].trim_end().to_owned(),
        None => clean,
    }
}

/// Invisible marks that exports put around names and texts.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
