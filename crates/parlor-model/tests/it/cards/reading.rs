//! Versions 1, 2 and 3 in every wrapping.

use super::{base64, card, charx, chunk, deflated, png, text_chunk, v2, v3};
use parlor_model::card::{Card, Media, Version};
use serde_json::json;

#[test]
fn version_1_is_six_fields_without_an_envelope() {
    let card = card(&json!({
        "name": "Marla Quince", "description": "d", "personality": "p", "scenario": "s",
        "first_mes": "f", "mes_example": "m", "talkativeness": 0.5,
    }));
    assert_eq!(card.version(), Version::V1);
    let fields = card.fields();
    let read = [
        &fields.name,
        &fields.description,
        &fields.personality,
        &fields.scenario,
        &fields.first_mes,
        &fields.mes_example,
    ];
    assert_eq!(read, ["Marla Quince", "d", "p", "s", "f", "m"]);
    assert_eq!(card.slug().as_str(), "marla-quince");
}

#[test]
fn version_2_has_all_its_fields() {
    let card = card(&v2());
    assert_eq!(card.version(), Version::V2);
    let fields = card.fields();
    assert_eq!(fields.creator_notes, "Best in the evening.");
    assert_eq!(fields.alternate_greetings.len(), 2);
    assert_eq!(fields.character_version, "1.2");
    let book = fields.book.as_ref().unwrap();
    assert_eq!((book.entries.len(), book.scan_depth), (1, Some(3)));
    assert!(card.warnings().is_empty(), "{:?}", card.warnings());
}

#[test]
fn version_3_has_nickname_and_group_greetings() {
    let card = card(&v3());
    assert_eq!(card.version(), Version::V3);
    assert_eq!(card.fields().nickname.as_deref(), Some("Marla"));
    assert_eq!(card.fields().group_only_greetings.len(), 1);
}

#[test]
fn a_newer_version_is_read_with_a_warning() {
    let mut json = v3();
    json["spec_version"] = json!("3.7");
    let card = card(&json);
    assert_eq!(card.version(), Version::V3);
    assert!(
        card.warnings()[0].contains("newer"),
        "{:?}",
        card.warnings()
    );
}

#[test]
fn a_byte_order_mark_and_white_space_do_no_harm() {
    let text = format!("\u{feff} \n{}", v2());
    assert_eq!(Card::parse(text.as_bytes()).unwrap().name(), "Marla Quince");
}

#[test]
fn fields_of_another_type_count_as_missing() {
    let card = card(&json!({ "spec": "chara_card_v2", "data": {
        "name": "Bo", "description": null, "tags": "none", "alternate_greetings": [1, "hi", null],
        "character_book": [], "character_version": 3, "extensions": null,
    }}));
    let fields = card.fields();
    assert_eq!(fields.description, "");
    assert_eq!(fields.alternate_greetings, ["hi"]);
    assert_eq!(fields.character_version, "3");
    assert!(fields.tags.is_empty() && fields.book.is_none());
}

#[test]
fn a_picture_holds_a_card_in_any_kind_of_text_chunk() {
    let packed = deflated(&base64(&v2()));
    let ztxt = chunk(b"zTXt", &[b"chara\0\0".as_slice(), &packed].concat());
    let itxt = chunk(
        b"iTXt",
        &[b"chara\0\x01\0en\0\0".as_slice(), &packed].concat(),
    );
    let plain = chunk(
        b"iTXt",
        &[b"chara\0\0\0\0\0".as_slice(), v2().to_string().as_bytes()].concat(),
    );
    for text in [
        text_chunk("chara", &base64(&v2())),
        ztxt,
        itxt,
        plain,
        text_chunk("Chara", &base64(&v2())),
    ] {
        let card = Card::parse(&png(&[text])).unwrap();
        assert_eq!(card.name(), "Marla Quince");
        assert_eq!(card.picture().unwrap().media(), Media::Png);
    }
}

#[test]
fn ccv3_wins_over_chara_wherever_it_stands() {
    let (old, new) = (
        text_chunk("chara", &base64(&v2())),
        text_chunk("ccv3", &base64(&v3())),
    );
    for chunks in [[old.clone(), new.clone()], [new, old]] {
        let card = Card::parse(&png(&chunks)).unwrap();
        assert_eq!(card.version(), Version::V3);
    }
}

#[test]
fn a_broken_ccv3_gives_way_to_chara_and_says_so() {
    let chunks = [
        text_chunk("ccv3", b"%%%"),
        text_chunk("chara", &base64(&v2())),
    ];
    let card = Card::parse(&png(&chunks)).unwrap();
    assert_eq!(card.version(), Version::V2);
    assert!(
        card.warnings()[0].contains("base64"),
        "{:?}",
        card.warnings()
    );
}

#[test]
fn the_picture_is_kept_without_the_card_and_without_what_follows_it() {
    let comment = text_chunk("Comment", b"by hand");
    let mut bytes = png(&[text_chunk("chara", &base64(&v2())), comment.clone()]);
    bytes.extend(b"<script>");
    let picture = Card::parse(&bytes).unwrap().picture().unwrap().clone();
    assert_eq!(picture.bytes(), png(&[comment]));
}

#[test]
fn base64_may_lack_its_padding_and_have_line_breaks() {
    let mut text = base64(&v2());
    while text.last() == Some(&b'=') {
        text.pop();
    }
    text.insert(40, b'\n');
    assert_eq!(
        Card::parse(&png(&[text_chunk("chara", &text)]))
            .unwrap()
            .name(),
        "Marla Quince"
    );
}

#[test]
fn an_archive_holds_the_card_and_its_icon() {
    let mut json = v3();
    json["data"]["assets"] = json!([
        { "type": "background", "uri": "https://example.org/b.png", "name": "main", "ext": "png" },
        { "type": "icon", "uri": "embeded://assets/icon/images/sad.png", "name": "sad", "ext": "png" },
        { "type": "icon", "uri": "embeded://assets/icon/images/main.png", "name": "main", "ext": "png" },
    ]);
    let bytes = charx(&[
        ("card.json", json.to_string().as_bytes()),
        ("assets/icon/images/main.png", &png(&[])),
        ("assets/icon/images/sad.png", b"sad"),
        ("module.risum", b"program"),
    ]);
    let card = Card::parse(&bytes).unwrap();
    assert_eq!(card.picture().unwrap().bytes(), png(&[]));
    let warnings = card.warnings().join("\n");
    assert!(warnings.contains("not kept: 2"), "{warnings}");
    assert!(warnings.contains("nothing is fetched"), "{warnings}");
}

#[test]
fn a_picture_may_stand_in_the_text_itself() {
    let mut json = v3();
    let jpeg = [0xff, 0xd8, 0xff, 0xe0, 1, 2, 3];
    let uri = |media: &str, bytes: &[u8]| {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        json!([{ "type": "icon", "uri": format!("data:{media};base64,{text}"), "name": "main", "ext": "jpg" }])
    };
    json["data"]["assets"] = uri("image/jpeg", &jpeg);
    assert_eq!(card(&json).picture().unwrap().media(), Media::Jpeg);
    // What it is is told by its bytes, not by what it says.
    json["data"]["assets"] = uri("image/png", b"<svg onload=alert(1)>");
    assert!(card(&json).picture().is_none());
    assert!(
        card(&json).warnings()[0].contains("neither PNG"),
        "{:?}",
        card(&json).warnings()
    );
}

#[test]
fn a_name_becomes_what_a_world_allows() {
    let name = |name: &str| {
        let card = card(&json!({ "name": name }));
        (card.name(), card.slug().to_string())
    };
    assert_eq!(name(" Dr. {Odd}\n"), ("Dr. (Odd)".into(), "dr-odd".into()));
    assert_eq!(name(&"x".repeat(200)).0.len(), 60);
    let (chinese, slug) = name("张伟");
    assert_eq!(chinese, "张伟");
    assert!(
        slug.starts_with("character-") && slug == name("张伟").1,
        "{slug}"
    );
}
