//! What a card says of its character, as far as this program uses it.

use super::limits::GREETINGS_MAX;
use super::lore::Book;
use super::members::Members;
use std::sync::Arc;

/// Most tags and assets that are looked at.
const LIST_MAX: usize = 2_000;

/// The fields of a card, in the words of the format. Texts still have their macros.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    /// The character's name; never empty.
    pub name: String,
    /// What `{{char}}` stands for, instead of the name.
    pub nickname: Option<String>,
    /// Who the character is.
    pub description: String,
    /// The same in short.
    pub personality: String,
    /// Where and how the talk takes place.
    pub scenario: String,
    /// The greeting.
    pub first_mes: String,
    /// Other greetings.
    pub alternate_greetings: Vec<String>,
    /// Further greetings, for talks of more than two.
    pub group_only_greetings: Vec<String>,
    /// Example dialogues, each after a line `<START>`.
    pub mes_example: String,
    /// Instructions for a model, in place of the program's own.
    pub system_prompt: String,
    /// Instructions for a model, after what has been said.
    pub post_history_instructions: String,
    /// For whoever uses the card; a model never sees it.
    pub creator_notes: String,
    /// Who made it; a model never sees it.
    pub creator: String,
    /// The card's own version; a model never sees it.
    pub character_version: String,
    /// For sorting; a model never sees them.
    pub tags: Vec<String>,
    /// Pictures, sounds and the like that the card names.
    pub assets: Vec<Asset>,
    /// What the character knows when the talk comes to it.
    pub book: Option<Arc<Book>>,
}

/// Something that belongs to a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// `icon`, `background`, `emotion`, ..
    pub kind: String,
    /// Where it is: inside the archive, in the text itself, or on the network (never fetched).
    pub uri: String,
    /// Which of its kind.
    pub name: String,
    /// File extension without the dot.
    pub ext: String,
}

impl Fields {
    pub(super) fn read(data: &Members, warnings: &mut Vec<String>) -> Self {
        let nickname = data.text("nickname").trim().to_owned();
        let assets: Vec<Asset> = data
            .objects("assets", LIST_MAX)
            .iter()
            .map(Asset::read)
            .collect();
        warn_of_remote(&assets, warnings);
        Self {
            name: data.text("name").trim().to_owned(),
            nickname: (!nickname.is_empty()).then_some(nickname),
            description: data.text("description"),
            personality: data.text("personality"),
            scenario: data.text("scenario"),
            first_mes: data.text("first_mes"),
            alternate_greetings: data.texts("alternate_greetings", GREETINGS_MAX),
            group_only_greetings: data.texts("group_only_greetings", GREETINGS_MAX),
            mes_example: data.text("mes_example"),
            system_prompt: data.text("system_prompt"),
            post_history_instructions: data.text("post_history_instructions"),
            creator_notes: data.text("creator_notes"),
            creator: data.text("creator"),
            character_version: data.text("character_version"),
            tags: data.texts("tags", LIST_MAX),
            assets,
            book: data
                .object("character_book")
                .map(|book| Arc::new(Book::read(&book, warnings))),
        }
    }

    /// What `{{char}}` stands for.
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.nickname.as_deref().unwrap_or(&self.name)
    }

    /// The asset that is the character's picture: the main icon, or the only one.
    #[must_use]
    pub fn icon(&self) -> Option<&Asset> {
        let icons = || self.assets.iter().filter(|asset| asset.kind == "icon");
        icons()
            .find(|asset| asset.name == "main")
            .or_else(|| icons().next())
    }
}

impl Asset {
    fn read(object: &Members) -> Self {
        Self {
            kind: object.text("type"),
            uri: object.text("uri"),
            name: object.text("name"),
            ext: object.text("ext"),
        }
    }

    /// The path inside a CHARX archive, if the asset is there. Both spellings of the scheme are
    /// in use.
    #[must_use]
    pub fn embedded_path(&self) -> Option<&str> {
        ["embeded://", "embedded://"]
            .iter()
            .find_map(|scheme| self.uri.strip_prefix(scheme))
    }

    /// True when the asset would have to be fetched from somewhere.
    fn is_remote(&self) -> bool {
        self.embedded_path().is_none()
            && !["data:", "ccdefault:", "__asset:"]
                .iter()
                .any(|scheme| self.uri.starts_with(scheme))
    }
}

fn warn_of_remote(assets: &[Asset], warnings: &mut Vec<String>) {
    let remote = assets.iter().filter(|asset| asset.is_remote()).count();
    if remote > 0 {
        warnings.push(format!(
            "{remote} of the card's assets {} not in the file; nothing is fetched from the network",
            if remote == 1 { "is" } else { "are" }
        ));
    }
}
