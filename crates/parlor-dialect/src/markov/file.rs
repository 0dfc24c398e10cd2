//! The file of a model: how it is written, and how bytes from anywhere are read.
//!
//! `parlor-markov\n`, a version, the order, the form; then, as it is or compressed by zlib, the tokens, the commonest first; two tries, along and
//! against the reading direction. Numbers are LEB128. A trie is written level by level: for each
//! node of the level before how many children it has, for each child the distance of its token to
//! its elder sibling's and how often it was seen. A space before a token is its first character.

use super::train::{EDGE, Key, WORDS_MAX};
use super::trie::Trie;
use flate2::Compression;
use flate2::bufread::ZlibDecoder;
use flate2::write::ZlibEncoder;
use std::io::{Read, Write};

/// How every file begins.
pub(super) const MAGIC: &[u8] = b"parlor-markov\n";
/// The form that is written and read.
pub(super) const VERSION: u8 = 1;
/// Bytes of what stands before the tokens.
const HEAD_BYTES: usize = MAGIC.len() + 3;
/// What follows the head stands as it is.
pub(super) const PLAIN: u8 = 0;
/// What follows the head is compressed.
const PACKED: u8 = 1;
/// Most bytes of a model that is not compressed.
const PLAIN_BYTES_MAX: usize = 64 << 20;
/// Most nodes of a trie, 16 bytes each in memory.
const NODES_MAX: usize = 8 << 20;

/// Why bytes are no model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidModel {
    /// Something else.
    #[error("not a markov model: make one with 'parlor dialect train FILE --out NAME.markov'")]
    NotAModel,
    /// Another program's.
    #[error(
        "a markov model of version {0}, and this program reads version {VERSION}: train it again"
    )]
    Version(u8),
    /// The order is none.
    #[error("a markov model of order {0}, and there are orders 1 to 4")]
    Order(u8),
    /// It can't be unpacked.
    #[error("the markov model can't be unpacked ({0}): copy or train it again")]
    Packing(&'static str),
    /// The file was cut.
    #[error("the markov model ends too early, at byte {0}: copy or train it again")]
    CutShort(usize),
    /// The bytes contradict each other.
    #[error("the markov model is damaged at byte {at} ({what}): copy or train it again")]
    Damaged {
        /// Where, from 0.
        at: usize,
        /// What is wrong there.
        what: &'static str,
    },
}

/// What a file holds.
pub(super) struct Parts {
    pub(super) order: u8,
    /// All tokens, one after the other.
    pub(super) text: String,
    /// Where each token ends in `text`.
    pub(super) ends: Vec<u32>,
    pub(super) forward: Trie,
    pub(super) backward: Trie,
}

/// Appends the tokens.
pub(super) fn write_words(bytes: &mut Vec<u8>, texts: &[Box<str>]) {
    write(bytes, texts.len() as u64);
    for text in texts {
        write(bytes, text.len() as u64);
        bytes.extend(text.as_bytes());
    }
}

/// Appends a trie of sorted runs, `order + 1` levels deep.
pub(super) fn write_trie(bytes: &mut Vec<u8>, grams: &[(Key, u32)], order: u8) {
    for depth in 0..=u32::from(order) {
        write_level(bytes, grams, depth);
    }
}

/// Writes the nodes at `depth`, grouped by the runs that they go on from.
fn write_level(bytes: &mut Vec<u8>, grams: &[(Key, u32)], depth: u32) {
    let same = |places: u32| {
        move |a: &(Key, u32), b: &(Key, u32)| (0..places).all(|p| a.0.token(p) == b.0.token(p))
    };
    for family in grams.chunk_by(same(depth)) {
        // Behind the end of a sentence nothing comes.
        let ended = (1..depth).find(|place| family[0].0.token(*place) == EDGE);
        if let Some(place) = ended {
            if place == depth - 1 {
                write(bytes, 0);
            }
            continue;
        }
        let children = || family.chunk_by(same(depth + 1));
        write(bytes, children().count() as u64);
        let mut elder = 0;
        for child in children() {
            let token = child[0].0.token(depth);
            let count = child
                .iter()
                .fold(0u32, |sum, (_, n)| sum.saturating_add(*n));
            // One bit says "seen once", as most were.
            let distance = u64::from(token - elder) << 1;
            if count <= 1 {
                write(bytes, distance);
            } else {
                write(bytes, distance | 1);
                write(bytes, u64::from(count));
            }
            elder = token;
        }
    }
}

fn write(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads a file and looks at every number in it: whatever the bytes are, what comes out is a model
/// that can be walked, and nothing larger was kept in memory than the bytes have bought.
///
/// # Errors
/// [`InvalidModel`].
pub(super) fn read(bytes: &[u8]) -> Result<Parts, InvalidModel> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(InvalidModel::NotAModel)?;
    let [version, order, form, ..] = *rest else {
        return Err(InvalidModel::CutShort(bytes.len()));
    };
    if version != VERSION {
        return Err(InvalidModel::Version(version));
    }
    if !(1..=4).contains(&order) {
        return Err(InvalidModel::Order(order));
    }
    match form {
        PLAIN => read_plain(bytes, order),
        PACKED => read_plain(&unpack(bytes)?, order),
        _ => Err(InvalidModel::Packing("of no form that is known")),
    }
}

/// The same model, compressed; as it is where that would not make it smaller.
pub(super) fn pack(plain: &[u8]) -> Vec<u8> {
    let Some((head, body)) = plain.split_at_checked(HEAD_BYTES) else {
        return plain.to_vec();
    };
    let mut packed = head.to_vec();
    packed[HEAD_BYTES - 1] = PACKED;
    let mut encoder = ZlibEncoder::new(packed, Compression::best());
    let packed = encoder.write_all(body).and_then(|()| encoder.finish());
    match packed {
        Ok(packed) if packed.len() < plain.len() => packed,
        _ => plain.to_vec(),
    }
}

/// A compressed model as it was before, its head included.
fn unpack(packed: &[u8]) -> Result<Vec<u8>, InvalidModel> {
    let (head, body) = packed
        .split_at_checked(HEAD_BYTES)
        .ok_or(InvalidModel::CutShort(packed.len()))?;
    let mut plain = head.to_vec();
    let mut decoder = ZlibDecoder::new(body);
    let most = PLAIN_BYTES_MAX as u64;
    let read = decoder.by_ref().take(most + 1).read_to_end(&mut plain);
    match read {
        Err(_) => Err(InvalidModel::Packing("damaged, or cut short")),
        Ok(read) if read as u64 > most => Err(InvalidModel::Packing("too large")),
        Ok(_) if decoder.total_in() < body.len() as u64 => {
            Err(InvalidModel::Packing("there is more behind its end"))
        }
        Ok(_) => Ok(plain),
    }
}

fn read_plain(bytes: &[u8], order: u8) -> Result<Parts, InvalidModel> {
    let mut reader = Reader {
        bytes,
        at: HEAD_BYTES,
    };
    let (text, ends) = reader.words()?;
    let forward = reader.trie(order, ends.len())?;
    let backward = reader.trie(order.saturating_sub(1).max(1), ends.len())?;
    if reader.at != bytes.len() {
        return Err(reader.damaged("there is more behind its end"));
    }
    Ok(Parts {
        order,
        text,
        ends,
        forward,
        backward,
    })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn damaged(&self, what: &'static str) -> InvalidModel {
        InvalidModel::Damaged { at: self.at, what }
    }

    fn number(&mut self) -> Result<u32, InvalidModel> {
        let mut number = 0u64;
        for place in 0..5 {
            let byte = *self
                .bytes
                .get(self.at)
                .ok_or(InvalidModel::CutShort(self.bytes.len()))?;
            self.at += 1;
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                return u32::try_from(number).map_err(|_| self.damaged("a number is too large"));
            }
        }
        Err(self.damaged("a number is too long"))
    }

    fn words(&mut self) -> Result<(String, Vec<u32>), InvalidModel> {
        let count = self.number()? as usize;
        if count == 0 || count >= WORDS_MAX {
            return Err(self.damaged("it has no tokens, or too many"));
        }
        let (mut text, mut ends) = (String::new(), Vec::new());
        for _ in 0..count {
            let length = self.number()? as usize;
            let bytes = self
                .bytes
                .get(self.at..self.at.saturating_add(length))
                .ok_or(InvalidModel::CutShort(self.bytes.len()))?;
            let token =
                std::str::from_utf8(bytes).map_err(|_| self.damaged("a token is not UTF-8"))?;
            if token.trim().is_empty() {
                return Err(self.damaged("a token is empty"));
            }
            text.push_str(token);
            self.at += length;
            let end = u32::try_from(text.len()).map_err(|_| self.damaged("too much text"))?;
            ends.push(end);
        }
        Ok((text, ends))
    }

    fn trie(&mut self, order: u8, words: usize) -> Result<Trie, InvalidModel> {
        let mut trie = Trie::new();
        let mut parents = 0..1;
        for _ in 0..=order {
            let first = trie.len();
            for parent in parents {
                self.children(&mut trie, parent, words)?;
            }
            parents = first..trie.len();
        }
        if trie.len() == 1 {
            return Err(self.damaged("it has no sentences"));
        }
        trie.close();
        Ok(trie)
    }

    fn children(
        &mut self,
        trie: &mut Trie,
        parent: usize,
        words: usize,
    ) -> Result<(), InvalidModel> {
        let count = self.number()? as usize;
        // Each child has a byte of its own at least.
        if count > self.bytes.len() - self.at {
            return Err(InvalidModel::CutShort(self.bytes.len()));
        }
        if trie.len() + count > NODES_MAX {
            return Err(self.damaged("it has too many nodes"));
        }
        if count > 0 && trie.depth(parent) > 1 && trie.token(parent) == EDGE {
            return Err(self.damaged("something follows the end of a sentence"));
        }
        trie.begin_children(parent);
        let (mut token, mut total) = (0u32, 0u32);
        for n in 0..count {
            let distance = self.number()?;
            let seen = if distance & 1 == 1 { self.number()? } else { 1 };
            let step = distance >> 1;
            if n > 0 && step == 0 {
                return Err(self.damaged("a token follows twice"));
            }
            token = token.saturating_add(step);
            if token as usize > words {
                return Err(self.damaged("a token has no text"));
            }
            total = match total.checked_add(seen) {
                Some(total) if seen > 0 => total,
                _ => return Err(self.damaged("a count is out of range")),
            };
            trie.push(token, total);
        }
        Ok(())
    }
}
