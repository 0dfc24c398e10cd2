//! Checks the characters: names, slugs, dialects.

use super::cards::Cards;
use super::findings::{Findings, Said, list, shorten, suggest};
use super::meaning::Meaning;
use crate::card::Card;
use crate::name::Slug;
use crate::world::Character;
use crate::world::file::{CharacterTable, DEFAULT_DIALECT, NAME_CHARS_MAX};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// The characters that are in order.
pub(super) struct Cast {
    pub(super) characters: Vec<Character>,
    /// False when a character could not be read: then a name that is not found may be theirs.
    pub(super) complete: bool,
    slugs: HashMap<Slug, usize>,
}

impl Cast {
    pub(super) fn has(&self, slug: &str) -> bool {
        Slug::new(slug).is_ok_and(|slug| self.slugs.contains_key(&slug))
    }

    /// In the file's order.
    pub(super) fn slugs(&self) -> impl Iterator<Item = &str> {
        self.characters
            .iter()
            .map(|character| character.slug.as_str())
    }
}

/// Checks the cast. A character with something wrong is left out where the rest can't do with it.
pub(super) fn check(
    meaning: &Meaning<'_>,
    tables: &[CharacterTable],
    findings: &mut Findings,
) -> Cast {
    let mut names: HashMap<&str, usize> = HashMap::with_capacity(tables.len());
    let mut cast = Cast {
        characters: Vec::with_capacity(tables.len()),
        complete: !tables.is_empty(),
        slugs: HashMap::with_capacity(tables.len()),
    };
    let mut cards = Cards::new(meaning);
    for (index, table) in tables.iter().enumerate() {
        let one = One {
            meaning,
            index,
            table,
        };
        let Some(slug) = one.slug(findings) else {
            cast.complete = false;
            continue;
        };
        if one.is_taken(names.entry(&table.name), findings) {
            continue;
        }
        match cast.slugs.entry(slug.clone()) {
            Entry::Vacant(free) => {
                free.insert(index);
            }
            Entry::Occupied(taken) => {
                let other = tables.get(*taken.get()).map_or("", |table| &table.name);
                findings.add(one.at("slug"), || one.same_slug(&slug, other));
                continue;
            }
        }
        let dialect = one.dialect(findings);
        let pointer = format!("/characters/{index}/model");
        meaning.model(table.model.as_deref(), &pointer, findings);
        let card = table
            .card
            .as_deref()
            .and_then(|path| cards.read(index, path, findings));
        cast.characters.push(one.character(slug, dialect, card));
    }
    cast
}

/// What is wrong with a display name, as the end of a sentence.
pub(super) fn wrong_name(name: &str) -> Option<String> {
    if name.contains(['{', '}']) {
        return Some("has a brace, which only templates may have".to_owned());
    }
    if name.chars().any(char::is_control) {
        return Some("has a line break or another control character".to_owned());
    }
    if name.trim() != name {
        return Some("begins or ends with a space".to_owned());
    }
    (name.chars().count() > NAME_CHARS_MAX)
        .then(|| format!("has more than {NAME_CHARS_MAX} characters"))
}

/// One entry of the file's list.
struct One<'a> {
    meaning: &'a Meaning<'a>,
    index: usize,
    table: &'a CharacterTable,
}

impl One<'_> {
    fn at(&self, key: &str) -> usize {
        self.meaning
            .at(&format!("/characters/{}/{key}", self.index))
    }

    fn slug(&self, findings: &mut Findings) -> Option<Slug> {
        let name = &self.table.name;
        if name.is_empty() {
            return None; // the schema has reported it
        }
        if let Some(wrong) = wrong_name(name) {
            findings.add(self.at("name"), || format!("a character's name {wrong}"));
            return None;
        }
        match &self.table.slug {
            Some(slug) => Slug::new(slug.as_str())
                .map_err(|invalid| {
                    let help = Slug::of_name(slug).map(|slug| format!("for example '{slug}'"));
                    findings.add(self.at("slug"), || (invalid.to_string(), help));
                })
                .ok(),
            None => Slug::of_name(name).or_else(|| {
                findings.add(self.at("name"), || {
                    (
                        format!("no slug can be made from '{}'", shorten(name)),
                        "give the character one for URLs: slug = \"..\"".to_owned(),
                    )
                });
                None
            }),
        }
    }

    fn is_taken(&self, entry: Entry<'_, &str, usize>, findings: &mut Findings) -> bool {
        match entry {
            Entry::Vacant(free) => {
                free.insert(self.index);
                false
            }
            Entry::Occupied(_) => {
                findings.add(self.at("name"), || {
                    (
                        format!("there are two characters '{}'", shorten(&self.table.name)),
                        "give one of them another name".to_owned(),
                    )
                });
                true
            }
        }
    }

    fn same_slug(&self, slug: &Slug, other: &str) -> Said {
        let (name, other) = (shorten(&self.table.name), shorten(other));
        (
            format!("'{name}' and '{other}' have the same slug '{slug}'"),
            "give one of them another: slug = \"..\"".to_owned(),
        )
            .into()
    }

    /// The dialect that the character names, or the world's only one.
    fn dialect(&self, findings: &mut Findings) -> String {
        let dialects = &self.meaning.dialects;
        let names = || dialects.iter().map(String::as_str);
        match (&self.table.dialect, dialects.as_slice()) {
            (Some(name), _) if dialects.binary_search(name).is_ok() => name.clone(),
            (Some(name), _) => {
                findings.add(self.at("dialect"), || {
                    let help = suggest(name, "the dialects", names()).unwrap_or_else(|| {
                        format!("add [dialects.{}], or leave 'dialect' out", shorten(name))
                    });
                    (format!("there is no dialect '{}'", shorten(name)), help)
                });
                name.clone()
            }
            (None, []) => DEFAULT_DIALECT.to_owned(),
            (None, [only]) => only.clone(),
            (None, _) => {
                let at = self.meaning.at(&format!("/characters/{}", self.index));
                findings.add(at, || {
                    (
                        format!(
                            "'{}' needs a dialect, as the world has several: {}",
                            shorten(&self.table.name),
                            list(names())
                        ),
                        "add the line dialect = \"..\"".to_owned(),
                    )
                });
                DEFAULT_DIALECT.to_owned()
            }
        }
    }

    /// The character; what the file doesn't say is the card's.
    fn character(&self, slug: Slug, dialect: String, card: Option<Arc<Card>>) -> Character {
        let table = self.table;
        let persona = match &card {
            Some(card) if table.persona.is_empty() => card.persona(),
            _ => table.persona.clone(),
        };
        Character {
            persona,
            traits: table.traits.given(),
            likes: table.likes.clone(),
            dislikes: table.dislikes.clone(),
            catchphrases: table.catchphrases.clone(),
            dialect,
            model: table.model.clone(),
            picture: card.as_ref().is_some_and(|card| card.picture().is_some()),
            card,
            ..Character::new(slug, table.name.clone())
        }
    }
}
