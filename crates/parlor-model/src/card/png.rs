//! Cards in PNG pictures: walks the chunks (PNG, third edition, section 5), never decodes a pixel.
//!
//! The card is the base64 of its JSON in a text chunk: `ccv3`, or `chara`. Other programs write
//! `tEXt`; the compressed and the international form (`zTXt`, `iTXt`) are read as well.

use super::limits::{JSON_BYTES_MAX, PICTURE_BYTES_MAX};
use super::picture::{BASE64, check_sides};
use super::{Card, CardError};
use base64::Engine as _;
use flate2::read::ZlibDecoder;
use std::io::Read;

const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";
/// Keywords of text chunks that hold a card, the better one first.
pub(super) const CARD_KEYWORDS: [&str; 2] = ["ccv3", "chara"];
/// Begin of the keywords of text chunks that hold what belongs to a card.
const ASSET_KEYWORD: &str = "chara-ext-asset_";
/// Base64 of the largest JSON, and some white space.
const TEXT_BYTES_MAX: usize = JSON_BYTES_MAX / 3 * 4 + 1024;

pub(super) fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// Reads a card from a picture, and the picture.
pub(super) fn read(bytes: &[u8]) -> Result<Card, CardError> {
    let chunks = chunks(bytes).map_err(CardError::Png)?;
    let mut unread = None;
    for keyword in CARD_KEYWORDS {
        let Some(chunk) = chunks.iter().find(|chunk| chunk.is_text(keyword)) else {
            continue;
        };
        match card_of(chunk) {
            Ok(mut card) => {
                if let Some(reason) = unread {
                    card.warnings
                        .push(format!("{reason}; the older 'chara' was read instead"));
                }
                warn_of_assets(&chunks, &mut card);
                let wants_itself = card
                    .fields
                    .icon()
                    .is_none_or(|icon| icon.uri == "ccdefault:");
                if wants_itself || card.picture.is_none() {
                    card.take_picture(bytes);
                }
                return Ok(card);
            }
            Err(error) => unread = unread.or(Some(error)),
        }
    }
    Err(unread.unwrap_or(CardError::PngWithoutCard))
}

/// The picture alone: without any text of a card and without what follows its end.
pub(super) fn picture(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let chunks = chunks(bytes).map_err(|reason| format!("is damaged: {reason}"))?;
    let (width, height) = sides(&chunks).ok_or("is damaged: it does not begin with its size")?;
    check_sides(width, height)?;
    let kept: Vec<_> = chunks
        .into_iter()
        .filter(|chunk| !chunk.is_of_card())
        .collect();
    Ok(assemble(&kept))
}

/// The picture with these texts (keyword, text) in place of the card it may hold.
pub(super) fn with_texts(bytes: &[u8], texts: &[(&str, String)]) -> Result<Vec<u8>, CardError> {
    let chunks = chunks(bytes).map_err(CardError::Png)?;
    let bodies: Vec<Vec<u8>> = texts
        .iter()
        .map(|(keyword, text)| [keyword.as_bytes(), b"\0", text.as_bytes()].concat())
        .collect();
    let mut all: Vec<_> = chunks
        .into_iter()
        .filter(|chunk| !chunk.is_of_card())
        .collect();
    // Before the pixels: some readers look no further.
    let place = all
        .iter()
        .position(|chunk| &chunk.kind == b"IDAT")
        .unwrap_or(all.len() - 1);
    let added = bodies.iter().map(|data| Chunk {
        kind: *b"tEXt",
        data,
    });
    all.splice(place..place, added);
    Ok(assemble(&all))
}

/// A picture of one colour (red, green, blue), to carry a card that has none.
pub(super) fn plain(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    let mut header = Vec::with_capacity(13);
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    // 8 bits a channel, colour type 2 (RGB), deflate, adaptive filters, not interlaced.
    header.extend([8, 2, 0, 0, 0]);
    let row: Vec<u8> = std::iter::once(0)
        .chain((0..width).flat_map(|_| colour))
        .collect();
    let mut pixels = Vec::new();
    flate2::read::ZlibEncoder::new(
        row.repeat(height as usize).as_slice(),
        flate2::Compression::best(),
    )
    .read_to_end(&mut pixels)
    .expect("reading from memory cannot fail");
    assemble(&[
        Chunk {
            kind: *b"IHDR",
            data: &header,
        },
        Chunk {
            kind: *b"IDAT",
            data: &pixels,
        },
        Chunk {
            kind: *b"IEND",
            data: &[],
        },
    ])
}

/// One chunk: four letters and its data.
struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
}

impl Chunk<'_> {
    /// The keyword of a text chunk of any form.
    fn keyword(&self) -> Option<&[u8]> {
        matches!(&self.kind, b"tEXt" | b"zTXt" | b"iTXt").then(|| {
            self.data
                .split(|byte| *byte == 0)
                .next()
                .unwrap_or_default()
        })
    }

    fn is_text(&self, keyword: &str) -> bool {
        self.keyword()
            .is_some_and(|k| k.eq_ignore_ascii_case(keyword.as_bytes()))
    }

    fn is_asset(&self) -> bool {
        self.keyword()
            .is_some_and(|k| k.starts_with(ASSET_KEYWORD.as_bytes()))
    }

    fn is_of_card(&self) -> bool {
        self.is_asset() || CARD_KEYWORDS.iter().any(|keyword| self.is_text(keyword))
    }

    /// The text, unpacked.
    fn text(&self) -> Result<Vec<u8>, CardError> {
        let damaged = || CardError::Png("a text chunk ends too early".to_owned());
        let (_, rest) = split_nul(self.data).ok_or_else(damaged)?;
        match &self.kind {
            b"tEXt" => Ok(rest.to_vec()),
            b"zTXt" => inflate(rest.get(1..).ok_or_else(damaged)?),
            _ => {
                let packed = *rest.first().ok_or_else(damaged)? == 1;
                let rest = rest.get(2..).ok_or_else(damaged)?;
                let (_, rest) = split_nul(rest).ok_or_else(damaged)?;
                let (_, text) = split_nul(rest).ok_or_else(damaged)?;
                if packed {
                    inflate(text)
                } else {
                    Ok(text.to_vec())
                }
            }
        }
    }
}

fn split_nul(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = data.iter().position(|byte| *byte == 0)?;
    Some((&data[..at], &data[at + 1..]))
}

fn inflate(packed: &[u8]) -> Result<Vec<u8>, CardError> {
    let mut text = Vec::new();
    ZlibDecoder::new(packed)
        .take(TEXT_BYTES_MAX as u64 + 1)
        .read_to_end(&mut text)
        .map_err(|e| CardError::Png(format!("a packed text chunk can't be unpacked: {e}")))?;
    super::limits::check("a packed text chunk", text.len(), TEXT_BYTES_MAX)?;
    Ok(text)
}

fn card_of(chunk: &Chunk<'_>) -> Result<Card, CardError> {
    let mut text = chunk.text()?;
    super::limits::check("the card's text chunk", text.len(), TEXT_BYTES_MAX)?;
    if text.trim_ascii_start().starts_with(b"{") {
        return Card::from_json(&text);
    }
    text.retain(|byte| !byte.is_ascii_whitespace());
    let json = BASE64
        .decode(&text)
        .map_err(|e| CardError::PngCard(format!("it is not base64: {e}")))?;
    Card::from_json(&json)
}

fn warn_of_assets(chunks: &[Chunk<'_>], card: &mut Card) {
    let assets = chunks.iter().filter(|chunk| chunk.is_asset()).count();
    if assets > 0 {
        card.warnings.push(format!(
            "other files in the picture, which are not kept: {assets}"
        ));
    }
}

fn sides(chunks: &[Chunk<'_>]) -> Option<(u32, u32)> {
    let header = &chunks.first()?.data;
    let number = |at: usize| Some(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?));
    Some((number(0)?, number(4)?))
}

/// The chunks up to the end of the picture, each with the right sum. There is a first and a last.
fn chunks(bytes: &[u8]) -> Result<Vec<Chunk<'_>>, String> {
    let mut rest = bytes
        .strip_prefix(SIGNATURE)
        .ok_or("it does not begin as a PNG")?;
    let mut chunks = Vec::new();
    loop {
        let (chunk, after) = chunk(rest, bytes.len() - rest.len())?;
        if chunks.is_empty() && (&chunk.kind != b"IHDR" || chunk.data.len() != 13) {
            return Err("it does not begin with its size (IHDR)".to_owned());
        }
        let is_last = &chunk.kind == b"IEND";
        chunks.push(chunk);
        if is_last {
            return Ok(chunks);
        }
        rest = after;
    }
}

/// The chunk that `rest` begins with, `at` bytes into the file, and what follows it.
fn chunk(rest: &[u8], at: usize) -> Result<(Chunk<'_>, &[u8]), String> {
    let cut = || format!("it is cut off at byte {at}, before its end (IEND)");
    let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    let length = u32::from_be_bytes(*length) as usize;
    let (kind, _) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    if !kind.iter().all(u8::is_ascii_alphabetic) {
        return Err(format!("there is no chunk at byte {at}"));
    }
    let name = String::from_utf8_lossy(kind);
    let too_long =
        || format!("chunk {name} at byte {at} claims {length} bytes, more than the file has");
    let (body, rest) = rest.split_at_checked(4 + length).ok_or_else(too_long)?;
    let (sum, after) = rest.split_first_chunk::<4>().ok_or_else(too_long)?;
    if crc32fast::hash(body) != u32::from_be_bytes(*sum) {
        return Err(format!(
            "the check sum (CRC) of chunk {name} at byte {at} is wrong"
        ));
    }
    let data = &body[4..];
    Ok((Chunk { kind: *kind, data }, after))
}

fn assemble(chunks: &[Chunk<'_>]) -> Vec<u8> {
    let size = chunks
        .iter()
        .map(|chunk| chunk.data.len() + 12)
        .sum::<usize>();
    let mut bytes = Vec::with_capacity(SIGNATURE.len() + size);
    bytes.extend(SIGNATURE);
    for chunk in chunks {
        let length = u32::try_from(chunk.data.len()).expect("a chunk is far below 4 GiB");
        bytes.extend(length.to_be_bytes());
        let start = bytes.len();
        bytes.extend(chunk.kind);
        bytes.extend(chunk.data);
        let sum = crc32fast::hash(&bytes[start..]);
        bytes.extend(sum.to_be_bytes());
    }
    bytes
}

const _: () = assert!(PICTURE_BYTES_MAX < u32::MAX as usize);
