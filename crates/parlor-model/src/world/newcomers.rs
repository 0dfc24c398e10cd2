//! A world whose cast grows: characters of the catalogue join those of its file.

use super::{Character, DialectKind, InboxKind, Origin, World};
use crate::card::Card;
use crate::name::Slug;
use crate::world::file::DEFAULT_DIALECT;
use std::collections::HashSet;
use std::sync::Arc;

/// Longest name of an inbox or routing key, in bytes: AMQP has no more.
const INBOX_BYTES_MAX: usize = 255;

impl World {
    /// The character that a card makes in this world. It speaks the dialect that the card names, if
    /// the world has it; else the world's language model, if it has one; else the dialect of the
    /// first of the cast.
    #[must_use]
    pub fn newcomer(&self, slug: Slug, card: &Arc<Card>) -> Character {
        let own = card.own();
        let named = own.dialect.filter(|name| self.dialects.contains_key(name));
        Character {
            dialect: named.unwrap_or_else(|| self.usual_dialect()),
            traits: own.traits,
            likes: own.likes,
            catchphrases: own.catchphrases,
            ..card.character(slug)
        }
    }

    /// What somebody speaks who names no dialect.
    fn usual_dialect(&self) -> String {
        let dialects = self.dialects.iter();
        let mut models = dialects.filter(|(_, spec)| spec.kind == DialectKind::Llm);
        let own_cast = self.cast.iter().find(|c| c.origin == Origin::World);
        models
            .next()
            .map(|(name, _)| name)
            .or_else(|| own_cast.map(|character| &character.dialect))
            .map_or_else(|| DEFAULT_DIALECT.to_owned(), Clone::clone)
    }

    /// Why somebody can't join the cast of the world file, as a sentence; `None` when they can.
    #[must_use]
    pub fn objection(&self, newcomer: &Character) -> Option<String> {
        let own = |c: &&Arc<Character>| c.origin == Origin::World;
        let taken = Taken::by(self, self.cast.iter().filter(own).map(AsRef::as_ref));
        taken.objection(self, newcomer)
    }

    /// This world with the cast of its file and these newcomers, and those who can't join, each with
    /// the reason. Of two that clash the first one joins.
    #[must_use]
    pub fn with_newcomers(
        &self,
        newcomers: impl IntoIterator<Item = Arc<Character>>,
    ) -> (Self, Vec<(Slug, String)>) {
        let mut cast: Vec<_> = self.cast.clone();
        cast.retain(|character| character.origin == Origin::World);
        let mut taken = Taken::by(self, cast.iter().map(AsRef::as_ref));
        let mut refused = Vec::new();
        for newcomer in newcomers {
            match taken.objection(self, &newcomer) {
                Some(why) => refused.push((newcomer.slug.clone(), why)),
                None => {
                    taken.add(self, &newcomer);
                    cast.push(newcomer);
                }
            }
        }
        let mut world = self.clone();
        world.recast(cast);
        (world, refused)
    }
}

/// What nobody else of a cast may be called.
#[derive(Default)]
struct Taken {
    names: HashSet<String>,
    slugs: HashSet<Slug>,
    inboxes: HashSet<String>,
}

impl Taken {
    fn by<'a>(world: &World, cast: impl Iterator<Item = &'a Character>) -> Self {
        let mut taken = Self::default();
        for character in cast {
            taken.add(world, character);
        }
        taken
    }

    fn add(&mut self, world: &World, character: &Character) {
        self.names.insert(character.name.to_lowercase());
        self.slugs.insert(character.slug.clone());
        self.inboxes.insert(world.inbox_of(character));
    }

    fn objection(&self, world: &World, newcomer: &Character) -> Option<String> {
        let (name, slug) = (&newcomer.name, &newcomer.slug);
        let inbox = world.inbox_of(newcomer);
        let key = world.key_of(newcomer);
        let rename = "give the card another name";
        if self.names.contains(&name.to_lowercase()) {
            let world = &world.name;
            Some(format!(
                "the world '{world}' has somebody called '{name}' already: {rename}"
            ))
        } else if self.slugs.contains(slug) {
            let world = &world.name;
            Some(format!(
                "somebody else in '{world}' has the slug '{slug}': {rename}"
            ))
        } else if world.routing.inbox == InboxKind::Character && self.inboxes.contains(&inbox) {
            Some(format!("somebody else has the inbox '{inbox}': {rename}"))
        } else if inbox.len() > INBOX_BYTES_MAX || key.len() > INBOX_BYTES_MAX {
            Some(format!(
                "the name is too long for an inbox of this world: {rename}"
            ))
        } else {
            None
        }
    }
}
