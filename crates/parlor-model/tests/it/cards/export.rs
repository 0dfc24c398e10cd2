//! What was read comes out again: nothing lost, nothing changed.

use super::{base64, card, png, text_chunk, v2, v3};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parlor_model::card::{Card, Version, into_png, plain_picture};
use parlor_model::{Character, Slug};
use serde_json::{Value, json};
use std::sync::Arc;

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

/// The text chunks of a picture (keyword, text), found without the code under test.
fn texts(png: &[u8]) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut at = 8;
    while at < png.len() {
        let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        let data = &png[at + 8..at + 8 + length];
        if &png[at + 4..at + 8] == b"tEXt" {
            let nul = data.iter().position(|byte| *byte == 0).unwrap();
            let keyword = String::from_utf8(data[..nul].to_vec()).unwrap();
            let json = STANDARD.decode(&data[nul + 1..]).unwrap();
            found.push((keyword, serde_json::from_slice(&json).unwrap()));
        }
        at += 12 + length;
    }
    found
}

#[test]
fn version_3_comes_back_as_it_was_to_the_byte() {
    let mut json = v3();
    json["data"].as_object_mut().unwrap().remove("tags");
    json["made_with"] = json!({ "odd": [null, "\u{2028}", 1.0] });
    let text = json.to_string();
    // Numbers that no double holds, and escapes, stay as they are written.
    let text = text.replacen("\"kept\":true", r#""kept":1E+400,"e":"\u00e9\/""#, 1);
    let text = text.replace("12345678901234567890", "123456789012345678901234567890");
    let out = Card::parse(text.as_bytes()).unwrap().to_v3_json();
    assert!(out.contains(r#""kept":1E+400,"e":"\u00e9\/""#), "{out}");
    assert!(out.contains("123456789012345678901234567890"), "{out}");
    let plain = |text: &str| value(&text.replace("1E+400", "1"));
    assert_eq!(plain(&out), plain(&text));
}

#[test]
fn older_versions_are_lifted_and_lose_nothing() {
    let out = value(&card(&v2()).to_v3_json());
    assert_eq!(
        (&out["spec"], &out["spec_version"]),
        (&json!("chara_card_v3"), &json!("3.0"))
    );
    let mut wanted = v2()["data"].clone();
    wanted["group_only_greetings"] = json!([]);
    wanted["character_book"]["entries"][0]["use_regex"] = json!(false);
    assert_eq!(out["data"], wanted);

    let v1 = json!({ "name": "Bo", "first_mes": "Hm.", "metadata": { "tool": 1 } });
    let out = value(&card(&v1).to_v3_json());
    assert_eq!(out["data"]["metadata"], json!({ "tool": 1 }));
    assert_eq!(out["data"]["extensions"], json!({}));
    assert_eq!(out["data"]["description"], "");
}

#[test]
fn what_comes_out_is_read_again_and_comes_out_the_same() {
    for json in [v2(), v3(), json!({ "name": "Bo" })] {
        let once = card(&json).to_v3_json();
        let again = Card::parse(once.as_bytes()).unwrap();
        assert_eq!(again.version(), Version::V3);
        assert_eq!(value(&again.to_v3_json()), value(&once));
    }
}

#[test]
fn a_picture_gets_both_versions_in_place_of_the_old_ones() {
    let old = [
        text_chunk("chara", &base64(&json!({ "name": "Old" }))),
        text_chunk("ccv3", b"x"),
    ];
    let out = into_png(&png(&old), &card(&v3())).unwrap();
    let texts = texts(&out);
    let keywords: Vec<_> = texts.iter().map(|(keyword, _)| keyword.as_str()).collect();
    assert_eq!(keywords, ["chara", "ccv3"]);
    assert_eq!(texts[0].1["spec"], "chara_card_v2");
    assert_eq!(texts[1].1, v3());
    assert_eq!(
        Card::parse(&out).unwrap().to_v3_json(),
        card(&v3()).to_v3_json()
    );
}

#[test]
fn a_reader_of_version_2_is_told_when_it_does_not_see_all() {
    let notes = |json: &Value| value(&card(json).to_v2_json())["data"]["creator_notes"].clone();
    assert_eq!(notes(&v2()), v2()["data"]["creator_notes"]);
    assert!(
        notes(&v3())
            .as_str()
            .unwrap()
            .starts_with("Best in the evening.\n\nThis character")
    );
}

#[test]
fn a_reader_of_version_1_finds_its_fields_outside() {
    let out = value(&card(&v3()).to_v2_json());
    for key in [
        "name",
        "description",
        "personality",
        "scenario",
        "first_mes",
        "mes_example",
    ] {
        assert_eq!(out[key], v3()["data"][key], "{key}");
    }
}

#[test]
fn a_reader_of_version_2_sees_no_decorators() {
    let mut json = v3();
    json["data"]["character_book"]["entries"][0]["content"] =
        json!("@@depth 4\n@@@role user\n\nOil.");
    let out = value(&card(&json).to_v2_json());
    assert_eq!(
        out["data"]["character_book"]["entries"][0]["content"],
        "Oil."
    );
    assert_eq!(value(&card(&json).to_v3_json()), json);
}

#[test]
fn a_card_without_a_picture_travels_in_a_plain_one() {
    let out = into_png(&plain_picture(), &card(&v2())).unwrap();
    let back = Card::parse(&out).unwrap();
    assert_eq!(back.name(), "Marla Quince");
    assert_eq!(back.picture().unwrap().bytes(), plain_picture());
}

#[test]
fn a_character_without_a_card_gets_one() {
    let ross = Character {
        persona: "Digs up bones.".into(),
        likes: vec!["science".into()],
        catchphrases: vec!["We were on a break!".into()],
        dialect: "banter".into(),
        ..Character::new(Slug::new("ross").unwrap(), "Ross")
    };
    let out = value(&Card::of(&ross).to_v3_json());
    assert_eq!(out["spec"], "chara_card_v3");
    assert_eq!(out["data"]["description"], "Digs up bones.");
    assert_eq!(
        out["data"]["extensions"]["parlor"]["likes"],
        json!(["science"])
    );
    assert_eq!(
        Card::parse(out.to_string().as_bytes())
            .unwrap()
            .fields()
            .first_mes,
        ""
    );
    let marla = Arc::new(card(&v3()));
    assert_eq!(Card::of(&marla.character(marla.slug())), marla);
}
