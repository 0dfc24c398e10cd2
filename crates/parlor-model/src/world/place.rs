//! Places: where characters of a world can be.

use super::{Character, InboxKind, Template, World};
use crate::name::Slug;
use crate::travel::Named;
use serde::Serialize;
use std::sync::Arc;

/// A place of a world, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// For URLs, rows and queue names.
    pub slug: Slug,
    /// For people.
    pub name: String,
    /// One sentence about it.
    pub about: String,
    /// Name of its queue or topic, where it does not follow from the world's routing.
    pub queue: Option<String>,
    /// How many characters it is meant for; `None`: any number.
    pub capacity: Option<u32>,
    /// TCP port of its own listener.
    pub port: Option<u16>,
    /// What there is to do: characters who like it are drawn here.
    pub draws: Vec<String>,
    /// A dialect for what happens here; `None`: the world's.
    pub dialect: Option<String>,
}

impl Place {
    /// A place of which only the names are known.
    #[must_use]
    pub fn new(slug: Slug, name: impl Into<String>) -> Self {
        Self {
            slug,
            name: name.into(),
            about: String::new(),
            queue: None,
            capacity: None,
            port: None,
            draws: Vec::new(),
            dialect: None,
        }
    }

    /// Both names.
    #[must_use]
    pub fn named(&self) -> Named {
        Named::new(self.slug.clone(), self.name.clone())
    }
}

impl Character {
    /// Both names.
    #[must_use]
    pub fn named(&self) -> Named {
        Named::new(self.slug.clone(), self.name.clone())
    }
}

impl World {
    /// True when its characters go from place to place.
    #[must_use]
    pub fn travels(&self) -> bool {
        self.mechanics.contains_key("travel")
    }

    /// The place with this slug.
    #[must_use]
    pub fn place(&self, slug: &Slug) -> Option<&Arc<Place>> {
        self.places.iter().find(|place| place.slug == *slug)
    }

    /// The place that a caller means: by slug, or by display name whatever its case.
    #[must_use]
    pub fn find_place(&self, text: &str) -> Option<&Arc<Place>> {
        let lower = text.to_lowercase();
        let mut places = self.places.iter();
        places.find(|place| place.slug.as_str() == text || place.name.to_lowercase() == lower)
    }

    /// Where a character is at home: their place, else the world's first; `None` in a world without
    /// places.
    #[must_use]
    pub fn home_of(&self, character: &Character) -> Option<&Arc<Place>> {
        let own = character.place.as_ref().and_then(|slug| self.place(slug));
        own.or_else(|| self.places.first())
    }

    /// The inbox of a place.
    #[must_use]
    pub fn inbox_of_place(&self, place: &Place) -> String {
        place
            .queue
            .clone()
            .unwrap_or_else(|| self.routing.of_place(&self.name, place).0)
    }

    /// The place whose inbox this is.
    #[must_use]
    pub fn place_of_inbox(&self, inbox: &str) -> Option<&Arc<Place>> {
        let mut places = self.places.iter();
        places.find(|place| self.inbox_of_place(place) == inbox)
    }
}

impl super::Routing {
    /// Inbox and key of a place that has no queue of its own name.
    pub(crate) fn of_place(&self, world: &Slug, place: &Place) -> (String, String) {
        let fill = |template: &Template| {
            template.fill(&[("place", place.slug.as_str()), ("world", world.as_str())])
        };
        if self.inbox == InboxKind::Place {
            (fill(&self.queue), fill(&self.key))
        } else {
            let own = format!("{world}.at.{}", place.slug);
            (own.clone(), own)
        }
    }
}
