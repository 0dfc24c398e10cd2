//! Where a line begins: the most specific symbol that a grammar has for an occasion.

use super::parse::SymbolId;
use super::words::{CueId, Fnv, WordMap};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// An occasion to speak, by its name in a grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Occasion {
    Open,
    Reply,
    Gossip,
    Aside,
    Last,
}

/// Occasions by name.
pub(super) const OCCASIONS: [(&str, Occasion); 5] = [
    ("open", Occasion::Open),
    ("reply", Occasion::Reply),
    ("gossip", Occasion::Gossip),
    ("aside", Occasion::Aside),
    ("last", Occasion::Last),
];

/// What a symbol's name says: `reply:food@joey`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EntranceName<'a> {
    pub(super) occasion: Occasion,
    pub(super) cue: Option<&'a str>,
    pub(super) slug: Option<&'a str>,
}

impl<'a> EntranceName<'a> {
    /// Reads a symbol's name; `None` when it names no entrance.
    pub(super) fn read(name: &'a str) -> Option<Self> {
        let (head, slug) = name
            .split_once('@')
            .map_or((name, None), |(head, slug)| (head, Some(slug)));
        let (word, cue) = head
            .split_once(':')
            .map_or((head, None), |(word, cue)| (word, Some(cue)));
        let (_, occasion) = OCCASIONS.iter().find(|(known, _)| *known == word)?;
        Some(Self {
            occasion: *occasion,
            cue,
            slug,
        })
    }
}

/// One place of the table: for everybody, and for some.
#[derive(Debug, Clone, Default)]
struct Entrance {
    everybody: Option<SymbolId>,
    by_slug: WordMap<SymbolId>,
}

/// The entrances of a grammar.
#[derive(Debug, Clone, Default)]
pub(super) struct Entrances {
    table: HashMap<(Occasion, Option<CueId>), Entrance, BuildHasherDefault<Fnv>>,
    /// Whatever the occasion.
    origin: Option<SymbolId>,
}

impl Entrances {
    pub(super) fn set_origin(&mut self, symbol: SymbolId) {
        self.origin = Some(symbol);
    }

    pub(super) fn add(
        &mut self,
        occasion: Occasion,
        cue: Option<CueId>,
        slug: Option<&str>,
        symbol: SymbolId,
    ) {
        let entrance = self.table.entry((occasion, cue)).or_default();
        match slug {
            None => entrance.everybody = Some(symbol),
            Some(slug) => {
                entrance.by_slug.insert(slug.into(), symbol);
            }
        }
    }

    /// True when every speaker has somewhere to begin on every occasion.
    pub(super) fn serves_everybody(&self) -> bool {
        let has = |occasion| {
            self.table
                .get(&(occasion, None))
                .is_some_and(|entrance| entrance.everybody.is_some())
        };
        self.origin.is_some() || (has(Occasion::Open) && has(Occasion::Reply))
    }

    /// The slugs that entrances name.
    pub(super) fn slugs(&self) -> impl Iterator<Item = &str> {
        self.table
            .values()
            .flat_map(|entrance| entrance.by_slug.keys().map(|slug| &**slug))
    }

    /// The most specific entrance: occasion before occasion, cue before cue, within a cue the
    /// speaker's own before everybody's, and without any cue at last. `is_on` is asked only of
    /// cues that would lead somewhere, because some cost time to find out.
    pub(super) fn find(
        &self,
        occasions: &[Occasion],
        cues: &[CueId],
        slug: &str,
        is_on: &dyn Fn(CueId) -> bool,
    ) -> Option<SymbolId> {
        let lookup = |occasion, cue: Option<CueId>| {
            let entrance = self.table.get(&(occasion, cue))?;
            let symbol = entrance.by_slug.get(slug).copied().or(entrance.everybody)?;
            cue.is_none_or(is_on).then_some(symbol)
        };
        occasions
            .iter()
            .find_map(|occasion| {
                let mut cues = cues.iter().copied().map(Some).chain([None]);
                cues.find_map(|cue| lookup(*occasion, cue))
            })
            .or(self.origin)
    }
}
