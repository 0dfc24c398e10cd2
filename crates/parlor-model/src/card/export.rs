//! Cards for other programs: JSON of version 3, and pictures with versions 2 and 3 in them.

use super::lore::without_decorators;
use super::members::Members;
use super::picture::BASE64;
use super::{Card, CardError, Fields, Version, png};
use crate::world::Character;
use base64::Engine as _;
use serde_json::json;
use std::sync::Arc;

/// Lists that version 2 or 3 requires.
const LISTS: [&str; 3] = ["alternate_greetings", "group_only_greetings", "tags"];
/// Texts that version 1 has.
const TEXTS_V1: [&str; 6] = [
    "name",
    "description",
    "personality",
    "scenario",
    "first_mes",
    "mes_example",
];
/// Texts that version 2 requires.
const TEXTS: [&str; 11] = [
    "name",
    "description",
    "personality",
    "scenario",
    "first_mes",
    "mes_example",
    "creator_notes",
    "system_prompt",
    "post_history_instructions",
    "creator",
    "character_version",
];
/// What a reader of version 2 is told when the card says more than that.
const NEWER: &str = "This character card is of version 3 of the format. A program that reads version 2 does not show all of it.";
/// Size and colour of the picture of a card that has none.
const PLAIN: (u32, u32, [u8; 3]) = (400, 600, [0x6f, 0x4e, 0x37]);

impl Card {
    /// A character as a card: its own, or one made from what the world says of it. Traits, likes and
    /// dialect are in `extensions.parlor`.
    #[must_use]
    pub fn of(character: &Character) -> Arc<Self> {
        if let Some(card) = &character.card {
            return card.clone();
        }
        let sayings = character
            .catchphrases
            .iter()
            .map(|saying| format!("<START>\n{{{{char}}}}: {saying}"));
        let mut data = Members::default();
        data.put("name", &character.name);
        data.put("description", &character.persona);
        data.put("mes_example", &sayings.collect::<Vec<_>>().join("\n"));
        let parlor = json!({
            "traits": character.traits,
            "likes": character.likes,
            "catchphrases": character.catchphrases,
            "dialect": character.dialect,
        });
        data.put("extensions", &json!({ "parlor": parlor }));
        complete(&mut data);
        Arc::new(Self {
            version: Version::V3,
            outer: Members::envelope("chara_card_v3", "3.0"),
            fields: Fields::read(&data, &mut Vec::new()),
            data,
            picture: None,
            warnings: Vec::new(),
        })
    }

    /// The card as JSON of version 3. A card of version 3 comes back as it was read; an older one
    /// gets what version 3 requires.
    #[must_use]
    pub fn to_v3_json(&self) -> String {
        if self.version == Version::V3 {
            let mut whole = self.outer.clone();
            whole.put("data", &self.data);
            return whole.to_json();
        }
        let mut data = self.data.clone();
        complete(&mut data);
        edit_book(&mut data, |entry| entry.put_missing("use_regex", &false));
        self.enveloped("chara_card_v3", "3.0", &data).to_json()
    }

    /// The card as JSON of version 2, for programs that know no newer one. It holds all fields, also
    /// those that only version 3 knows, but no decorators. The fields of version 1 stand outside as
    /// well, for programs that know nothing else.
    #[must_use]
    pub fn to_v2_json(&self) -> String {
        let mut data = self.data.clone();
        complete(&mut data);
        if self.version == Version::V3 && self.is_more_than_v2() {
            edit_book(&mut data, |entry| {
                let content = entry.text("content");
                entry.put("content", &without_decorators(&content));
            });
            let notes = self.fields.creator_notes.trim();
            let notes = [notes, NEWER].join(if notes.is_empty() { "" } else { "\n\n" });
            data.put("creator_notes", &notes);
        }
        let mut card = self.enveloped("chara_card_v2", "2.0", &data);
        for key in TEXTS_V1 {
            card.put_missing(key, &data.text(key));
        }
        card.to_json()
    }

    fn enveloped(&self, spec: &str, version: &str, data: &Members) -> Members {
        let mut outer = Members::envelope(spec, version);
        outer.put("data", data);
        outer.adopt(&self.outer);
        outer
    }

    /// Does the card say what a reader of version 2 would not see?
    fn is_more_than_v2(&self) -> bool {
        let fields = &self.fields;
        fields.nickname.is_some()
            || !fields.group_only_greetings.is_empty()
            || self.data.has("creator_notes_multilingual")
            || fields.assets.iter().any(|asset| asset.uri != "ccdefault:")
            || fields
                .book
                .as_ref()
                .is_some_and(|book| book.has_decorators())
    }
}

/// The PNG `picture` with `card` in it, in place of any that it holds: `chara` (version 2) for
/// programs that know no better, and `ccv3` (version 3).
///
/// # Errors
/// [`CardError::Png`] when the picture is damaged.
pub fn into_png(picture: &[u8], card: &Card) -> Result<Vec<u8>, CardError> {
    png::with_texts(
        picture,
        &[
            ("chara", BASE64.encode(card.to_v2_json())),
            ("ccv3", BASE64.encode(card.to_v3_json())),
        ],
    )
}

/// A picture of one colour, to carry a card that has none.
#[must_use]
pub fn plain_picture() -> Vec<u8> {
    let (width, height, colour) = PLAIN;
    png::plain(width, height, colour)
}

/// Adds the fields that the format requires and the card lacks.
fn complete(data: &mut Members) {
    for key in TEXTS {
        data.put_missing(key, &"");
    }
    for key in LISTS {
        data.put_missing(key, &json!([]));
    }
    data.put_missing("extensions", &json!({}));
}

/// Edits each entry of the lorebook, if there is one, and adds what the format requires of it.
fn edit_book(data: &mut Members, edit: impl Fn(&mut Members)) {
    let Some(mut book) = data.object("character_book") else {
        return;
    };
    let mut entries = book.objects("entries", usize::MAX);
    for entry in &mut entries {
        entry.put_missing("extensions", &json!({}));
        edit(entry);
    }
    book.put("entries", &entries);
    book.put_missing("extensions", &json!({}));
    data.put("character_book", &book);
}
