//! Checks the places, and who is at home where.

use super::Needs;
use super::cast::{self, Cast};
use super::findings::{Findings, Said, list, shorten, suggest};
use super::meaning::Meaning;
use crate::name::Slug;
use crate::world::file::{CharacterTable, PlaceTable, WorldFile};
use crate::world::{DialectKind, DialectSpec, InboxKind, Place};
use std::collections::{BTreeMap, HashMap};

/// The places that are in order.
pub(super) struct Places {
    pub(super) list: Vec<Place>,
    /// False when a place could not be read: then a name that is not found may be its.
    complete: bool,
    /// Slug and name, to the place in `list`.
    by_word: HashMap<String, usize>,
}

impl Places {
    /// The place that a file means: by slug or by name.
    fn find(&self, word: &str) -> Option<&Slug> {
        let place = self.list.get(*self.by_word.get(word)?)?;
        Some(&place.slug)
    }

    fn slugs(&self) -> impl Iterator<Item = &str> + Clone {
        self.list.iter().map(|place| place.slug.as_str())
    }
}

/// Checks the places themselves.
pub(super) fn check(
    meaning: &Meaning<'_>,
    tables: &[PlaceTable],
    kinds: &BTreeMap<String, DialectSpec>,
    findings: &mut Findings,
) -> Places {
    let mut places = Places {
        list: Vec::with_capacity(tables.len()),
        complete: true,
        by_word: HashMap::with_capacity(2 * tables.len()),
    };
    let mut ports: HashMap<u16, &str> = HashMap::new();
    for (index, table) in tables.iter().enumerate() {
        let Some(slug) = slug(meaning, index, table, findings) else {
            places.complete = false;
            continue;
        };
        let at = |key: &str| meaning.at(&format!("/places/{index}/{key}"));
        if places.by_word.contains_key(&table.name) {
            findings.add(at("name"), || {
                (
                    format!("there are two places '{}'", shorten(&table.name)),
                    "give one of them another name".to_owned(),
                )
            });
            continue;
        }
        if places.by_word.contains_key(slug.as_str()) {
            findings.add(at("slug"), || {
                (
                    format!("there are two places with the slug '{slug}'"),
                    "give one of them another: slug = \"..\"".to_owned(),
                )
            });
            continue;
        }
        if let Some(other) = table.port.and_then(|port| ports.insert(port, &table.name)) {
            findings.add(at("port"), || {
                (
                    format!("'{}' listens there already", shorten(other)),
                    "give one of them another port".to_owned(),
                )
            });
        }
        if let Some(name) = table.dialect.as_deref() {
            dialect(meaning, kinds, name, Needs::Script, at("dialect"), findings);
        }
        places.by_word.insert(table.name.clone(), places.list.len());
        places.by_word.insert(slug.to_string(), places.list.len());
        places.list.push(Place {
            about: table.about.clone(),
            queue: table.queue.clone(),
            capacity: table.capacity,
            port: table.port,
            draws: table.draws.clone(),
            dialect: table.dialect.clone(),
            ..Place::new(slug, table.name.clone())
        });
    }
    places
}

/// The dialect must be there, and be what is needed.
pub(super) fn dialect(
    meaning: &Meaning<'_>,
    kinds: &BTreeMap<String, DialectSpec>,
    name: &str,
    needs: Needs,
    at: usize,
    findings: &mut Findings,
) {
    if !meaning.dialects.iter().any(|known| known == name) {
        let names = || meaning.dialects.iter().map(String::as_str);
        findings.add(at, || {
            let help = suggest(name, "the dialects", names())
                .unwrap_or_else(|| format!("add [dialects.{}], or leave it out", shorten(name)));
            (format!("there is no dialect '{}'", shorten(name)), help)
        });
        return;
    }
    let is_model = kinds.get(name).map(|spec| spec.kind == DialectKind::Llm);
    match (is_model, needs) {
        (Some(true), Needs::Script) => findings.add(at, || {
            (
                format!(
                    "'{}' is a language model, which takes its time",
                    shorten(name)
                ),
                "name a dialect of another kind, for example \"grammar\"".to_owned(),
            )
        }),
        (Some(false), Needs::Model) => findings.add(at, || {
            (
                format!("'{}' is no language model", shorten(name)),
                "name a dialect of kind \"llm\"".to_owned(),
            )
        }),
        _ => {}
    }
}

fn slug(
    meaning: &Meaning<'_>,
    index: usize,
    table: &PlaceTable,
    findings: &mut Findings,
) -> Option<Slug> {
    if table.name.is_empty() {
        return None; // the schema has reported it
    }
    let at = |key: &str| meaning.at(&format!("/places/{index}/{key}"));
    if let Some(wrong) = cast::wrong_name(&table.name) {
        findings.add(at("name"), || format!("a place's name {wrong}"));
        return None;
    }
    let Some(slug) = &table.slug else {
        let made = Slug::of_name(&table.name);
        if made.is_none() {
            findings.add(at("name"), || {
                (
                    format!("no slug can be made from '{}'", shorten(&table.name)),
                    "give the place one: slug = \"..\"".to_owned(),
                )
            });
        }
        return made;
    };
    let made = Slug::new(slug.as_str());
    made.map_err(|invalid| {
        let help = Slug::of_name(slug).map(|slug| format!("for example '{slug}'"));
        findings.add(at("slug"), || (invalid.to_string(), help));
    })
    .ok()
}

/// Gives everybody of the cast their home, haunts and friends. With `needed` (the mechanic that needs
/// it) everybody must have a home.
pub(super) fn settle(
    meaning: &Meaning<'_>,
    file: &WorldFile,
    places: &Places,
    cast: &mut Cast,
    findings: &mut Findings,
) {
    let needed = mechanic_in_need(meaning, file);
    if let Some(mechanic) = needed
        && places.list.is_empty()
        && places.complete
    {
        let at = meaning.at(&format!("/mechanics/{mechanic}"));
        findings.add(at, || {
            (
                format!("[mechanics.{mechanic}] needs places, but there are none"),
                "add [[places]], each with a name, and to each character place = \"..\"".to_owned(),
            )
        });
        return;
    }
    if file.routing.inbox == InboxKind::Place && places.list.is_empty() && places.complete {
        findings.add(meaning.at("/routing/inbox"), || {
            (
                "places have the inboxes, but there are none".to_owned(),
                "add [[places]], or use \"character\"".to_owned(),
            )
        });
    }
    let friends: Vec<Vec<Slug>> = {
        let known: HashMap<&str, &Slug> = cast
            .characters
            .iter()
            .flat_map(|c| [(c.name.as_str(), &c.slug), (c.slug.as_str(), &c.slug)])
            .collect();
        let tables = file.characters.iter().enumerate();
        tables
            .map(|(index, table)| friends(meaning, index, table, cast, &known, findings))
            .collect()
    };
    let mut by_name: HashMap<String, usize> = HashMap::with_capacity(cast.characters.len());
    for (n, character) in cast.characters.iter().enumerate() {
        by_name.insert(character.name.clone(), n);
    }
    for ((index, table), friends) in file.characters.iter().enumerate().zip(friends) {
        let home = home(meaning, index, table, places, needed, findings);
        let haunts = haunts(meaning, index, table, places, findings);
        let character = by_name
            .get(&table.name)
            .and_then(|n| cast.characters.get_mut(*n));
        if let Some(character) = character {
            character.place = home;
            character.haunts = haunts;
            character.friends = friends;
        }
    }
}

/// A mechanic that is switched on and needs to know where everybody is.
fn mechanic_in_need<'f>(meaning: &Meaning<'_>, file: &'f WorldFile) -> Option<&'f str> {
    let mut names = file.mechanics.keys();
    let needs = |name: &&String| {
        let mut entries = meaning.vocabulary.mechanics.iter();
        entries.any(|entry| entry.name == **name && entry.needs_places)
    };
    names.find(needs).map(String::as_str)
}

fn home(
    meaning: &Meaning<'_>,
    index: usize,
    table: &CharacterTable,
    places: &Places,
    needed: Option<&str>,
    findings: &mut Findings,
) -> Option<Slug> {
    match (&table.place, needed) {
        (Some(word), _) => {
            let at = meaning.at(&format!("/characters/{index}/place"));
            place(word, places, at, findings)
        }
        (None, Some(mechanic)) if !table.name.is_empty() => {
            findings.add(meaning.at(&format!("/characters/{index}")), || {
                (
                    format!(
                        "'{}' is in no place, and [mechanics.{mechanic}] needs to know where \
                         everybody is at home",
                        shorten(&table.name)
                    ),
                    format!("add place = \"..\", one of: {}", list(places.slugs())),
                )
            });
            None
        }
        (None, _) => None,
    }
}

fn haunts(
    meaning: &Meaning<'_>,
    index: usize,
    table: &CharacterTable,
    places: &Places,
    findings: &mut Findings,
) -> Vec<Slug> {
    let haunts = table.haunts.iter().enumerate();
    let found = haunts.filter_map(|(n, word)| {
        let at = meaning.at(&format!("/characters/{index}/haunts/{n}"));
        place(word, places, at, findings)
    });
    found.collect()
}

fn place(word: &str, places: &Places, at: usize, findings: &mut Findings) -> Option<Slug> {
    let found = places.find(word).cloned();
    if found.is_none() && places.complete {
        findings.add(at, || -> Said {
            let help = suggest(word, "the places", places.slugs())
                .unwrap_or_else(|| "add it under [[places]]".to_owned());
            (format!("there is no place '{}'", shorten(word)), help).into()
        });
    }
    found
}

fn friends(
    meaning: &Meaning<'_>,
    index: usize,
    table: &CharacterTable,
    cast: &Cast,
    known: &HashMap<&str, &Slug>,
    findings: &mut Findings,
) -> Vec<Slug> {
    let mut found = Vec::with_capacity(table.friends.len());
    for (n, word) in table.friends.iter().enumerate() {
        match known.get(word.as_str()) {
            Some(slug) => found.push((*slug).clone()),
            None if cast.complete => {
                let at = meaning.at(&format!("/characters/{index}/friends/{n}"));
                findings.add(at, || -> Said {
                    let slugs: Vec<_> = cast.slugs().collect();
                    let help = suggest(word, "the cast", slugs.iter().copied());
                    let message = format!("'{}', a friend, is not in the cast", shorten(word));
                    (message, help).into()
                });
            }
            None => {}
        }
    }
    found
}
