//! Bytes with the line they stand on, and lines of bounded length.

use super::Skips;
use std::io::{self, BufRead, Read};

/// Longest line, in bytes; the rest of it is passed over.
const LINE_BYTES_MAX: usize = 64 << 10;

/// Lines of a text, numbered from 1.
pub(super) struct Lines<R> {
    input: R,
    line: u64,
    bytes: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            line: 0,
            bytes: Vec::new(),
        }
    }

    /// The number of the line that was read last.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The next line without its end. What is not UTF-8 becomes a replacement character.
    pub(super) fn next(&mut self, skips: &mut Skips) -> io::Result<Option<String>> {
        self.bytes.clear();
        let (mut is_cut, mut is_over) = (false, false);
        let mut seen = false;
        while !is_over {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            seen = true;
            let end = memchr::memchr(b'\n', buffer);
            let part = &buffer[..end.unwrap_or(buffer.len())];
            let room = LINE_BYTES_MAX - self.bytes.len();
            is_cut |= part.len() > room;
            self.bytes.extend(&part[..part.len().min(room)]);
            is_over = end.is_some();
            let used = part.len() + usize::from(is_over);
            self.input.consume(used);
        }
        if !seen {
            return Ok(None);
        }
        self.line += 1;
        skips.cut += u64::from(is_cut);
        let text = String::from_utf8_lossy(&self.bytes);
        let text = text.strip_suffix('\r').unwrap_or(&text);
        let text = match self.line {
            1 => text.trim_start_matches('\u{feff}'),
            _ => text,
        };
        Ok(Some(text.to_owned()))
    }
}

/// Lines shorter than this, in bytes, were not broken by a margin.
const BROKEN_BYTES_MIN: usize = 40;

/// See [`super::paragraphs`].
pub(super) struct Paragraphs<R> {
    lines: Lines<R>,
    next: Option<String>,
}

impl<R: BufRead> Paragraphs<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            lines: Lines::new(input),
            next: None,
        }
    }
}

impl<R: BufRead> Iterator for Paragraphs<R> {
    type Item = io::Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut skips = Skips::default();
        let mut paragraph = self.next.take();
        loop {
            let line = match self.lines.next(&mut skips) {
                Ok(Some(line)) => line,
                Ok(None) => return paragraph.map(Ok),
                Err(error) => return Some(Err(error)),
            };
            match &mut paragraph {
                None => paragraph = Some(line),
                Some(open) if open.len() < LINE_BYTES_MAX && goes_on(open, &line) => {
                    open.push(' ');
                    open.push_str(line.trim_start());
                }
                Some(_) => {
                    self.next = Some(line);
                    return paragraph.map(Ok);
                }
            }
        }
    }
}

/// True when a sentence goes on in the next line: the line is long and has no end, the next begins
/// in the middle of something.
fn goes_on(open: &str, next: &str) -> bool {
    let is_long = open.len() >= BROKEN_BYTES_MIN;
    let ends = open
        .trim_end()
        .ends_with(['.', '!', '?', '。', '！', '？', '।', '…', '"', '”', ':']);
    let begins = next.trim_start().starts_with(|c: char| c.is_lowercase());
    is_long && !ends && begins
}

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 64 << 10;

/// UTF-8 for a parser that insists on it: what is none becomes a replacement character. It counts the
/// lines that are consumed, and stops where more is consumed at once than `most`: a parser that keeps
/// what it reads can't be made to keep a gigabyte.
pub(super) struct Bounded<R> {
    input: R,
    /// What is there to be consumed: valid UTF-8, from `at` on.
    ready: Vec<u8>,
    at: usize,
    /// A character that the last chunk began.
    begun: Vec<u8>,
    line: u64,
    consumed: usize,
    most: usize,
}

impl<R: Read> Bounded<R> {
    pub(super) fn new(input: R, most: usize) -> Self {
        Self {
            input,
            ready: Vec::new(),
            at: 0,
            begun: Vec::new(),
            line: 1,
            consumed: 0,
            most,
        }
    }

    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// What comes may be as long as the most again.
    pub(super) fn begin(&mut self) {
        self.consumed = 0;
    }

    /// True when it stopped.
    pub(super) fn is_over(&self) -> bool {
        self.consumed > self.most
    }

    fn refill(&mut self) -> io::Result<()> {
        let mut chunk = std::mem::take(&mut self.begun);
        self.ready.clear();
        self.at = 0;
        let room = (CHUNK_BYTES - chunk.len()) as u64;
        let read = self.input.by_ref().take(room).read_to_end(&mut chunk)?;
        let mut rest = chunk.as_slice();
        while let Err(error) = std::str::from_utf8(rest) {
            let (valid, wrong) = rest.split_at(error.valid_up_to());
            self.ready.extend(valid);
            let width = match error.error_len() {
                Some(width) => width,
                // The rest of it is in the next chunk, if there is one.
                None if read > 0 => {
                    self.begun = wrong.to_vec();
                    return Ok(());
                }
                None => wrong.len(),
            };
            self.ready.extend("\u{fffd}".as_bytes());
            rest = &wrong[width..];
        }
        self.ready.extend(rest);
        Ok(())
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let buffer = self.fill_buf()?;
        let count = buffer.len().min(into.len());
        into[..count].copy_from_slice(&buffer[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.is_over() {
            let error = "an element is too large";
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        if self.at == self.ready.len() {
            self.refill()?;
        }
        // A chunk may hold nothing but the beginning of a character.
        if self.ready.is_empty() && !self.begun.is_empty() {
            self.refill()?;
        }
        Ok(&self.ready[self.at..])
    }

    fn consume(&mut self, count: usize) {
        let end = self.ready.len().min(self.at + count);
        self.line += memchr::memchr_iter(b'\n', &self.ready[self.at..end]).count() as u64;
        self.consumed += end - self.at;
        self.at = end;
    }
}
