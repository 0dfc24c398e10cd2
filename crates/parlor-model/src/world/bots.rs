//! Bots: members of a cast that come and go by themselves.

use super::file::DEFAULT_DIALECT;
use super::{Character, InboxKind, Origin, Topology, World};
use crate::name::Slug;
use std::sync::Arc;

impl World {
    /// True when bots come to it and leave.
    #[must_use]
    pub fn has_bots(&self) -> bool {
        self.mechanics.contains_key("bots")
    }

    /// The bot with this name, who speaks this dialect, or the world's for bots where it names none that
    /// is there.
    #[must_use]
    pub fn bot(&self, name: &Slug, dialect: Option<&str>) -> Character {
        let named = dialect.filter(|dialect| self.dialects.contains_key(*dialect));
        Character {
            dialect: named.unwrap_or_else(|| self.dialect_of_bots()).to_owned(),
            origin: Origin::Registered,
            ..Character::new(name.clone(), name.to_string())
        }
    }

    /// The bot with this name for which a program from outside speaks. Where bots have no inboxes of their
    /// own, it has one all the same: nobody else may take what is said to it.
    #[must_use]
    pub fn foreign_bot(&self, name: &Slug) -> Character {
        Character {
            inbox: self.foreign_inbox(name, true),
            ..self.bot(name, None)
        }
    }

    /// The inbox that a bot has whatever the routing says, if it has one.
    #[must_use]
    pub fn foreign_inbox(&self, name: &Slug, foreign: bool) -> Option<String> {
        let own = foreign && self.routing.inbox != InboxKind::Character;
        own.then(|| format!("{}.bot.{name}", self.name))
    }

    /// The bot with this name, as the directory has it.
    #[must_use]
    pub fn bot_of(&self, name: Slug, dialect: Option<&str>, foreign: bool) -> Character {
        if foreign {
            self.foreign_bot(&name)
        } else {
            self.bot(&name, dialect)
        }
    }

    /// The inbox of requests to the directory.
    #[must_use]
    pub fn inbox_of_directory(&self) -> String {
        format!("{}.directory", self.name)
    }

    /// What must exist on the bus for this character.
    #[must_use]
    pub fn topology_of(&self, character: Character) -> Topology {
        let own = [Arc::new(character)];
        Topology {
            inboxes: self.routing.topology(&self.name, &own).inboxes,
            ..self.routing.topology(&self.name, &[])
        }
    }

    /// What bots speak that name no dialect.
    #[must_use]
    pub fn dialect_of_bots(&self) -> &str {
        let told = self
            .mechanics
            .get("bots")
            .and_then(|b| b["dialect"].as_str());
        let first = self.dialects.keys().next().map(String::as_str);
        told.or(first).unwrap_or(DEFAULT_DIALECT)
    }

    /// Members of the cast who register themselves.
    pub fn registered(&self) -> impl Iterator<Item = &Arc<Character>> {
        let registered = |c: &&Arc<Character>| c.origin == Origin::Registered;
        self.cast.iter().filter(registered)
    }

    /// True when somebody to whom an event goes may have left since it was sent.
    #[must_use]
    pub fn may_have_left(&self, who: &Slug) -> bool {
        self.has_bots() && self.character(who).is_none()
    }

    /// What must exist on the bus for these bots, who need not be in the cast yet.
    #[must_use]
    pub fn topology_of_bots(&self, names: &[Slug]) -> Topology {
        let cast: Vec<_> = names
            .iter()
            .map(|name| Arc::new(self.bot(name, None)))
            .collect();
        self.routing.topology(&self.name, &cast)
    }

    /// The inboxes that are these bots' alone, and go with them.
    #[must_use]
    pub fn inboxes_of_bots(&self, names: &[Slug]) -> Vec<String> {
        if self.routing.inbox == InboxKind::Shared {
            // Only those of programs from outside, whichever of them they are.
            return names
                .iter()
                .filter_map(|name| self.foreign_inbox(name, true))
                .collect();
        }
        let topology = self.topology_of_bots(names).inboxes.into_iter();
        topology.map(|binding| binding.inbox).collect()
    }
}
