//! Character cards: what is read, what comes out again, and what a hostile one can't do. The files
//! are made here, byte by byte, without the code under test.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod export;
mod hostile;
mod lorebook;
mod macros;
mod reading;
mod words;
mod world;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parlor_model::card::Card;
use serde_json::{Value, json};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

/// A card of version 2, with all its fields.
pub(super) fn v2() -> Value {
    json!({
        "spec": "chara_card_v2",
        "spec_version": "2.0",
        "data": {
            "name": "Marla Quince",
            "description": "{{char}} keeps the lighthouse and distrusts {{user}}.",
            "personality": "dry, patient",
            "scenario": "A storm is coming.",
            "first_mes": "Mind the step, {{user}}.",
            "mes_example": "<START>\n{{user}}: Is it far?\n{{char}}: Far enough.\nTake a coat.",
            "creator_notes": "Best in the evening.",
            "system_prompt": "{{original}} Never mention the sea.",
            "post_history_instructions": "Stay calm.",
            "alternate_greetings": ["You are late.", "The lamp is lit."],
            "tags": ["keeper"],
            "creator": "a friend",
            "character_version": "1.2",
            "extensions": {
                "other/program": { "depth": [1, 2.50, 1e3], "id": 12345678901234567890_u64 },
            },
            "character_book": {
                "name": "The coast",
                "scan_depth": 3,
                "extensions": {},
                "entries": [{
                    "keys": ["lamp", "light"],
                    "content": "The lamp burns whale oil.",
                    "extensions": {},
                    "enabled": true,
                    "insertion_order": 10,
                }],
            },
            "not_in_the_format": { "kept": true },
        },
    })
}

/// A card of version 3, with what only that one has.
pub(super) fn v3() -> Value {
    let mut card = v2();
    card["spec"] = json!("chara_card_v3");
    card["spec_version"] = json!("3.0");
    card["data"]["nickname"] = json!("Marla");
    card["data"]["group_only_greetings"] = json!(["All of you, mind the step."]);
    card["data"]["source"] = json!(["urn:test:marla"]);
    card["data"]["creation_date"] = json!(0);
    card
}

pub(super) fn card(json: &Value) -> Card {
    Card::parse(json.to_string().as_bytes()).unwrap()
}

pub(super) fn base64(json: &Value) -> Vec<u8> {
    STANDARD.encode(json.to_string()).into_bytes()
}

/// A chunk of a PNG with its sum.
pub(super) fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [kind.as_slice(), data].concat();
    let mut bytes = u32::try_from(data.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(&body);
    bytes.extend(crc32fast::hash(&body).to_be_bytes());
    bytes
}

/// A picture of 2 x 1 pixels with these chunks between its head and its pixels.
pub(super) fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
    png_of_size(2, 1, chunks)
}

pub(super) fn png_of_size(width: u32, height: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut head = [width.to_be_bytes(), height.to_be_bytes()].concat();
    head.extend([8, 0, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(chunk(b"IHDR", &head));
    bytes.extend(chunks.concat());
    bytes.extend(chunk(b"IDAT", &deflated(&[0, 10, 20])));
    bytes.extend(chunk(b"IEND", &[]));
    bytes
}

pub(super) fn text_chunk(keyword: &str, text: &[u8]) -> Vec<u8> {
    chunk(b"tEXt", &[keyword.as_bytes(), b"\0", text].concat())
}

pub(super) fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// An archive of these files.
pub(super) fn charx(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        archive
            .start_file(*path, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
