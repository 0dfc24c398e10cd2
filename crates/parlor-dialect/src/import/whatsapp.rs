//! A WhatsApp chat as text: `12/31/23, 11:59 PM - Name: text` (Android) and
//! `[31/12/2023, 23:59:58] Name: text` (iOS). A message goes on over lines that don't begin so.

use super::date::{Guess, Order, Stamp};
use super::input::Lines;
use super::{
    ImportError, Message, NAME_CHARS_MAX, Skips, Source, TEXT_BYTES_MAX, clean_name, in_one_line,
    is_mark,
};
use std::collections::VecDeque;
use std::io::BufRead;

/// Messages that may wait until their dates tell whether the day or the month comes first.
const WAITING_MAX: usize = 5_000;
/// Before a text that the program wrote: a picture, a deleted message.
const MARK: char = '\u{200e}';
/// Bytes in which the date must have ended.
const STAMP_END_MAX: usize = 60;

/// What stands for a message that was deleted, in some languages. Their own words follow no rule.
const DELETED: [&str; 12] = [
    "This message was deleted",
    "You deleted this message",
    "Diese Nachricht wurde gelöscht",
    "Du hast diese Nachricht gelöscht",
    "Se eliminó este mensaje",
    "Eliminaste este mensaje",
    "Ce message a été supprimé",
    "Vous avez supprimé ce message",
    "Mensagem apagada",
    "Esta mensagem foi apagada",
    "Questo messaggio è stato eliminato",
    "null",
];

pub(super) struct WhatsApp<R> {
    lines: Lines<R>,
    /// The message that the next line may go on with.
    open: Option<Pending>,
    waiting: VecDeque<Pending>,
    guess: Guess,
    /// `None` until the first messages were looked at.
    order: Option<Order>,
}

struct Pending {
    stamp: Stamp,
    from: String,
    text: String,
}

/// The beginning of a message or of a line that the program wrote.
struct Head<'a> {
    stamp: Stamp,
    rest: &'a str,
}

impl<'a> Head<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let line = line.trim_start_matches(is_mark);
        let (stamp, rest) = if let Some(inside) = line.strip_prefix('[') {
            let end = inside.find(']').filter(|end| *end < STAMP_END_MAX)?;
            (&inside[..end], &inside[end + 1..])
        } else {
            let (end, width) = [" - ", " – ", "\u{202f}- "]
                .iter()
                .filter_map(|dash| Some((line.find(dash)?, dash.len())))
                .min()
                .filter(|(end, _)| *end < STAMP_END_MAX)?;
            (&line[..end], &line[end + width..])
        };
        Some(Self {
            stamp: Stamp::read(stamp.trim())?,
            rest,
        })
    }

    /// Who said what; `None` for a line that the program wrote.
    fn message(&self) -> Option<(&'a str, &'a str)> {
        let (name, text) = self
            .rest
            .split_once(": ")
            .or_else(|| Some((self.rest.strip_suffix(':')?, "")))?;
        (name.chars().count() <= NAME_CHARS_MAX + 10).then_some((name, text))
    }
}

/// True for the first line of a message.
pub(super) fn is_message(line: &str) -> bool {
    Head::read(line).is_some_and(|head| head.message().is_some())
}

impl<R: BufRead> WhatsApp<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            lines: Lines::new(input),
            open: None,
            waiting: VecDeque::new(),
            guess: Guess::default(),
            order: None,
        }
    }

    /// The next message with all its lines.
    fn pending(&mut self, skips: &mut Skips) -> Result<Option<Pending>, ImportError> {
        while let Some(line) = self.lines.next(skips)? {
            let Some(head) = Head::read(&line) else {
                self.go_on(&line, skips);
                continue;
            };
            self.guess.see(&head.stamp);
            let next = match head.message() {
                Some((name, text)) => Some(Pending {
                    stamp: head.stamp,
                    from: clean_name(name),
                    text: text.to_owned(),
                }),
                None => {
                    skips.system += 1;
                    None
                }
            };
            if let Some(done) = std::mem::replace(&mut self.open, next) {
                return Ok(Some(done));
            }
        }
        Ok(self.open.take())
    }

    fn go_on(&mut self, line: &str, skips: &mut Skips) {
        match &mut self.open {
            Some(open) if open.text.len() < TEXT_BYTES_MAX => {
                open.text.push('\n');
                open.text.push_str(line);
            }
            Some(_) => skips.cut += 1,
            // Behind a line of the program, or at the start of a file.
            None if line.trim().is_empty() => {}
            None => skips.malformed_at(self.lines.line()),
        }
    }

    /// Looks at the first messages until it is clear how dates are written.
    fn look_ahead(&mut self, skips: &mut Skips) -> Result<Order, ImportError> {
        let mut bytes = 0;
        while self.guess.certain().is_none()
            && self.waiting.len() < WAITING_MAX
            && bytes < WAITING_MAX * TEXT_BYTES_MAX / 8
        {
            let Some(pending) = self.pending(skips)? else {
                break;
            };
            bytes += pending.text.len();
            self.waiting.push_back(pending);
        }
        let order = self.guess.likeliest();
        self.order = Some(order);
        Ok(order)
    }
}

impl<R: BufRead> Source for WhatsApp<R> {
    fn next(&mut self, skips: &mut Skips) -> Result<Option<Message>, ImportError> {
        let order = match self.order {
            Some(order) => order,
            None => self.look_ahead(skips)?,
        };
        loop {
            let pending = match self.waiting.pop_front() {
                Some(pending) => pending,
                None => match self.pending(skips)? {
                    Some(pending) => pending,
                    None => return Ok(None),
                },
            };
            let Some(words) = words(&pending.text) else {
                skips.media += 1;
                continue;
            };
            let text = in_one_line(words, skips);
            if text.is_empty() || pending.from.is_empty() {
                skips.media += 1;
                continue;
            }
            return Ok(Some(Message {
                thread: 0,
                at: pending.stamp.at(order),
                from: pending.from,
                text,
            }));
        }
    }
}

/// What somebody wrote; `None` for a picture or a message that was deleted.
fn words(text: &str) -> Option<&str> {
    // "<This message was edited>" is behind a mark, whatever the language.
    let text = match text.rfind("\u{200e}<") {
        Some(at) if at > 0 => &text[..at],
        _ => text
            .strip_suffix("<This message was edited>")
            .unwrap_or(text),
    };
    let trimmed = text.trim();
    let is_omitted = trimmed.starts_with('<') && trimmed.ends_with('>') && trimmed.len() < 80;
    let is_attached = trimmed.ends_with(')')
        && trimmed
            .split_once(" (")
            .is_some_and(|(file, _)| is_file_name(file));
    let is_deleted = DELETED.contains(&trimmed.trim_end_matches('.'));
    let is_words = !trimmed.starts_with(MARK) && !is_omitted && !is_attached && !is_deleted;
    is_words.then_some(text)
}

/// `IMG-20231231-WA0001.jpg`
fn is_file_name(text: &str) -> bool {
    text.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty()
            && !text.contains(' ')
            && (2..=4).contains(&ending.len())
            && ending.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}
