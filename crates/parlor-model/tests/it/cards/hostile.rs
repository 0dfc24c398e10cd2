//! Cards that are made to do harm: a clear error or nothing, always in time.

use super::{base64, card, charx, chunk, deflated, png, png_of_size, text_chunk, v2, v3};
use parlor_model::card::{Card, CardError, limits};
use proptest::prelude::*;
use serde_json::json;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

/// What the fuzz target does with its inputs.
#[path = "../../../../../fuzz/fuzz_targets/card.rs"]
mod entry;

fn error(bytes: &[u8]) -> String {
    Card::parse(bytes).unwrap_err().to_string()
}

#[test]
fn what_is_no_card_says_so() {
    for bytes in [b"".as_slice(), b"GIF89a", b"[1]", b"name: Bo"] {
        assert_eq!(Card::parse(bytes).unwrap_err(), CardError::Unknown);
    }
    assert!(error(b"{").contains("JSON can't be read"));
    assert!(error(b"{}").contains("no name"));
    assert!(error(br#"{"name":"  "}"#).contains("no name"));
    assert!(error(b"{\"name\":\"\xff\"}").contains("not UTF-8 from byte 9"));
    assert_eq!(error(&png(&[])), CardError::PngWithoutCard.to_string());
    assert!(error(&charx(&[("readme.txt", b"hi")])).contains("'card.json': there is no such file"));
}

#[test]
fn a_chunk_with_a_wrong_sum_is_refused() {
    let mut bytes = png(&[text_chunk("chara", &base64(&v2()))]);
    bytes[60] ^= 1;
    assert!(
        error(&bytes).contains("check sum (CRC) of chunk tEXt at byte 33 is wrong"),
        "{}",
        error(&bytes)
    );
}

#[test]
fn a_chunk_that_claims_more_than_there_is_is_refused() {
    let mut bytes = png(&[text_chunk("chara", b"x")]);
    bytes[33..37].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(
        error(&bytes).contains("claims 4294967295 bytes"),
        "{}",
        error(&bytes)
    );
}

#[test]
fn a_picture_that_is_cut_off_is_refused_at_every_byte() {
    let bytes = png(&[text_chunk("chara", &base64(&json!({ "name": "Bo" })))]);
    for end in 0..bytes.len() {
        assert!(Card::parse(&bytes[..end]).is_err(), "{end}");
    }
    assert!(Card::parse(&bytes).is_ok());
}

#[test]
fn a_picture_of_monstrous_size_is_left_out() {
    let text = text_chunk("chara", &base64(&v2()));
    for (width, height) in [(2_000_000_000, 2_000_000_000), (0, 5), (9_000, 1)] {
        let card = Card::parse(&png_of_size(width, height, std::slice::from_ref(&text))).unwrap();
        assert!(card.picture().is_none());
        assert!(
            card.warnings()[0].contains("pixels"),
            "{:?}",
            card.warnings()
        );
    }
}

#[test]
fn a_packed_text_can_not_grow_without_end() {
    let bomb = deflated(&vec![b'A'; 64 << 20]);
    let ztxt = chunk(b"zTXt", &[b"chara\0\0".as_slice(), &bomb].concat());
    assert!(error(&png(&[ztxt])).contains("too large"));
}

#[test]
fn an_archive_can_not_grow_without_end() {
    let bomb = vec![b' '; 64 << 20];
    let bytes = charx(&[("card.json", &bomb)]);
    assert!(bytes.len() < 1 << 20);
    assert!(
        error(&bytes).contains("packed more than 1000 times smaller"),
        "{}",
        error(&bytes)
    );
}

#[test]
fn an_archive_that_lies_about_its_sizes_is_refused() {
    let bytes = charx(&[("card.json", v2().to_string().as_bytes())]);
    let size = u32::try_from(v2().to_string().len()).unwrap().to_le_bytes();
    let mut lie = bytes.clone();
    for at in 0..lie.len() - 4 {
        if lie[at..at + 4] == size {
            lie[at..at + 4].copy_from_slice(&7u32.to_le_bytes());
        }
    }
    assert_ne!(lie, bytes);
    assert!(Card::parse(&lie).is_err());
}

#[test]
fn an_archive_of_countless_files_is_refused() {
    let names: Vec<String> = (0..3_000).map(|n| format!("assets/{n}")).collect();
    let mut files: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), b"".as_slice()))
        .collect();
    let json = v2().to_string();
    files.push(("card.json", json.as_bytes()));
    assert!(error(&charx(&files)).contains("more than 2000 files"));
}

#[test]
fn paths_that_lead_out_of_an_archive_lead_nowhere() {
    for path in [
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\secret.png",
        "assets/../../x",
    ] {
        let mut json = v3();
        json["data"]["assets"] = json!([{ "type": "icon", "uri": format!("embeded://{path}"), "name": "main", "ext": "png" }]);
        let bytes = charx(&[
            ("card.json", json.to_string().as_bytes()),
            ("../x.png", &png(&[])),
        ]);
        let card = Card::parse(&bytes).unwrap();
        assert!(card.picture().is_none());
        assert!(
            card.warnings().iter().any(|w| w.contains("no such file")),
            "{:?}",
            card.warnings()
        );
    }
}

#[test]
fn a_link_in_an_archive_is_not_followed() {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive
        .add_symlink("card.json", "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    let bytes = archive.finish().unwrap().into_inner();
    assert!(
        error(&bytes).contains("a directory or a link"),
        "{}",
        error(&bytes)
    );
}

#[test]
fn two_files_of_one_name_are_refused() {
    let json = v2().to_string();
    let mut bytes = charx(&[("card.json", json.as_bytes()), ("card.jsom", b"{}")]);
    while let Some(at) = bytes.windows(9).position(|w| w == b"card.jsom") {
        bytes[at..at + 9].copy_from_slice(b"card.json");
    }
    assert!(
        error(&bytes).contains("two files of the same name"),
        "{}",
        error(&bytes)
    );
}

#[test]
fn an_archive_in_an_archive_is_just_another_file() {
    let inner = charx(&[("card.json", b"{}")]);
    let json = v2().to_string();
    let card = Card::parse(&charx(&[
        ("card.json", json.as_bytes()),
        ("inner.charx", &inner),
    ]))
    .unwrap();
    assert_eq!(card.name(), "Marla Quince");
}

#[test]
fn an_encrypted_archive_is_refused() {
    let mut bytes = charx(&[("card.json", v2().to_string().as_bytes())]);
    bytes[6] |= 1;
    let at = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    bytes[at + 8] |= 1;
    assert!(Card::parse(&bytes).is_err());
}

#[test]
fn json_may_not_be_nested_without_end() {
    let deep = format!(
        r#"{{"name":"Bo","x":{}1{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(error(deep.as_bytes()).contains("nested more than 64 deep"));
    let brackets = json!({ "name": "Bo", "description": "[".repeat(1_000) });
    assert_eq!(card(&brackets).fields().description.len(), 1_000);
}

#[test]
fn what_is_too_large_says_how_large_it_may_be() {
    let large = vec![b' '; limits::FILE_BYTES_MAX + 1];
    assert_eq!(
        error(&large),
        "the file is too large: at most 32 MiB are read"
    );
    let mut text = br#"{"name":"Bo","x":""#.to_vec();
    text.extend(vec![b'x'; limits::JSON_BYTES_MAX]);
    text.extend(b"\"}");
    assert_eq!(
        error(&text),
        "the card's JSON is too large: at most 8 MiB are read"
    );
}

#[test]
fn rubbish_for_base64_is_a_clear_error() {
    let bytes = png(&[text_chunk("chara", "§$%&".as_bytes())]);
    assert!(
        error(&bytes).contains("it is not base64"),
        "{}",
        error(&bytes)
    );
}

fn whole_files() -> Vec<Vec<u8>> {
    let mut json = v3();
    json["data"]["assets"] =
        json!([{ "type": "icon", "uri": "embeded://i.png", "name": "main", "ext": "png" }]);
    let packed = chunk(
        b"zTXt",
        &[b"ccv3\0\0".as_slice(), &deflated(&base64(&v3()))].concat(),
    );
    vec![
        v2().to_string().into_bytes(),
        v3().to_string().into_bytes(),
        png(&[text_chunk("chara", &base64(&v2())), packed]),
        charx(&[
            ("card.json", json.to_string().as_bytes()),
            ("i.png", &png(&[])),
        ]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_damage_makes_reading_fail_badly(
        file in 0_usize..4,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in proptest::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut bytes = whole_files().swap_remove(file);
        for (place, byte) in damage {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        entry::card(&bytes);
    }

    #[test]
    fn no_bytes_make_reading_fail_badly(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for head in [b"\x89PNG\r\n\x1a\n".as_slice(), b"PK\x03\x04", b"{", b""] {
            entry::card(&[head, &bytes].concat());
        }
    }
}

#[test]
fn a_lone_half_of_a_character_does_no_harm() {
    let text = br#"{"name":"Bo","first_mes":"a\ud83d b","extensions":{"x":"\udc00"}}"#;
    let card = Card::parse(text).unwrap();
    assert!(card.to_v3_json().contains(r#""\udc00""#));
    let mut file = Vec::new();
    file.write_all(card.to_v2_json().as_bytes()).unwrap();
    assert!(Card::parse(&file).is_ok());
}
