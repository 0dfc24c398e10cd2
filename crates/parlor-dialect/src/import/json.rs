//! Finds the objects of every array called `messages` in a JSON document of any size, without
//! keeping more of it than one of them.

use super::ImportError;
use std::io::{self, Read};

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 64 << 10;
/// Largest object that is kept, in bytes.
const OBJECT_BYTES_MAX: usize = 1 << 20;
/// Deepest nesting around the objects, and inside one.
const DEPTH_MAX: usize = 64;
/// Bytes of a key that are looked at.
const KEY_BYTES_MAX: usize = 32;
/// The key of the arrays.
const MESSAGES: &[u8] = b"messages";

/// An object of an array of messages.
pub(super) struct Object<'a> {
    /// Its text; `None` for one that is too large.
    pub(super) json: Option<&'a [u8]>,
    /// Where it begins, from 1.
    pub(super) line: u64,
    /// Counts the arrays, from 0.
    pub(super) array: u32,
}

/// An object or array that is not closed yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Object,
    Array,
    Messages,
}

pub(super) struct Scanner<R> {
    input: Bytes<R>,
    open: Vec<Open>,
    /// The key that was read last, when its value is next.
    key: Vec<u8>,
    /// What comes next in an object is a value.
    is_value: bool,
    arrays: u32,
    object: Vec<u8>,
    started: bool,
}

impl<R: Read> Scanner<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input: Bytes::new(input),
            open: Vec::new(),
            key: Vec::new(),
            is_value: false,
            arrays: 0,
            object: Vec::new(),
            started: false,
        }
    }

    /// The next object of an array of messages; `None` when the document has ended.
    pub(super) fn next(&mut self) -> Result<Option<Object<'_>>, ImportError> {
        loop {
            let Some(byte) = self.input.next()? else {
                return self.end();
            };
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf => {}
                b'{' if self.open.last() == Some(&Open::Messages) => {
                    let line = self.input.line;
                    let is_whole = self.capture()?;
                    return Ok(Some(Object {
                        json: is_whole.then_some(self.object.as_slice()),
                        line,
                        array: self.arrays.saturating_sub(1),
                    }));
                }
                b'{' => self.begin(Open::Object)?,
                b'[' => self.begin_array()?,
                b'}' | b']' => self.close(byte)?,
                b'"' => self.string()?,
                b':' => self.is_value = true,
                b',' => self.is_value = false,
                b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E' if self.started => {}
                _ => return Err(self.fault(format!("'{}' has no place in JSON", show(byte)))),
            }
        }
    }

    fn end(&self) -> Result<Option<Object<'_>>, ImportError> {
        if self.started && self.open.is_empty() {
            return Ok(None);
        }
        Err(self.broken_off())
    }

    fn broken_off(&self) -> ImportError {
        self.fault("the file ends in the middle: it was broken off, export it again".to_owned())
    }

    fn fault(&self, what: String) -> ImportError {
        ImportError::Malformed {
            line: self.input.line,
            what,
        }
    }

    fn begin(&mut self, what: Open) -> Result<(), ImportError> {
        if self.started && self.open.is_empty() {
            return Err(self.fault("there is more behind the end of the document".to_owned()));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(self.fault(format!("nested more than {DEPTH_MAX} deep")));
        }
        self.started = true;
        self.is_value = false;
        self.open.push(what);
        Ok(())
    }

    fn begin_array(&mut self) -> Result<(), ImportError> {
        let is_messages = self.is_value && self.key == MESSAGES;
        if is_messages {
            self.arrays = self.arrays.saturating_add(1);
        }
        self.begin(if is_messages {
            Open::Messages
        } else {
            Open::Array
        })
    }

    fn close(&mut self, byte: u8) -> Result<(), ImportError> {
        self.is_value = false;
        match (self.open.pop(), byte) {
            (Some(Open::Object), b'}') | (Some(Open::Array | Open::Messages), b']') => Ok(()),
            _ => Err(self.fault(format!("'{}' closes nothing", show(byte)))),
        }
    }

    /// A string that is a key is kept, any other passed over.
    fn string(&mut self) -> Result<(), ImportError> {
        let is_key = self.open.last() == Some(&Open::Object) && !self.is_value;
        if is_key {
            self.key.clear();
        }
        loop {
            let Some(byte) = self.input.next()? else {
                return Err(self.broken_off());
            };
            match byte {
                b'"' => return Ok(()),
                b'\\' => {
                    self.input.next()?;
                }
                _ if is_key && self.key.len() < KEY_BYTES_MAX => self.key.push(byte),
                _ => {}
            }
        }
    }

    /// Keeps the object whose `{` was read last; false when it is too large.
    fn capture(&mut self) -> Result<bool, ImportError> {
        self.object.clear();
        self.object.push(b'{');
        let (mut depth, mut in_string, mut escaped) = (1usize, false, false);
        let mut is_whole = true;
        while depth > 0 {
            let Some(byte) = self.input.next()? else {
                return Err(self.broken_off());
            };
            if self.object.len() < OBJECT_BYTES_MAX {
                self.object.push(byte);
            } else {
                is_whole = false;
            }
            if in_string {
                in_string = escaped || byte != b'"';
                escaped = !escaped && byte == b'\\';
                continue;
            }
            match byte {
                b'"' => in_string = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
        }
        Ok(is_whole)
    }
}

fn show(byte: u8) -> char {
    if byte.is_ascii_graphic() {
        char::from(byte)
    } else {
        char::REPLACEMENT_CHARACTER
    }
}

/// Bytes, one at a time, with their line.
struct Bytes<R> {
    input: R,
    buffer: Box<[u8]>,
    at: usize,
    end: usize,
    line: u64,
}

impl<R: Read> Bytes<R> {
    fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; BUFFER_BYTES].into(),
            at: 0,
            end: 0,
            line: 1,
        }
    }

    #[inline]
    fn next(&mut self) -> io::Result<Option<u8>> {
        if self.at == self.end && !self.fill()? {
            return Ok(None);
        }
        let byte = self.buffer[self.at];
        self.at += 1;
        self.line += u64::from(byte == b'\n');
        Ok(Some(byte))
    }

    fn fill(&mut self) -> io::Result<bool> {
        self.end = loop {
            match self.input.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.at = 0;
        Ok(self.end > 0)
    }
}
