//! Lines that are decided, put into words.

use parlor_engine::generation::{Generator, Talk};
use parlor_engine::sentiment;
use parlor_model::{Companion, Dice, Household, Slug, World};
use parlor_ports::companions::BulkLine;
use parlor_ports::dialect::{Phrase, Phrasing};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Who speaks how.
pub struct Wording {
    books: Vec<Book>,
    /// Place of each character's book.
    of: HashMap<Slug, usize>,
}

struct Book {
    phrasing: Arc<dyn Phrasing>,
    /// How each saying feels, by its number: what it is filled with hardly matters.
    sentiments: Vec<f64>,
}

impl Wording {
    /// For the cast of a world.
    ///
    /// # Errors
    /// The name of somebody who has no words.
    pub fn new(world: &World, given: &BTreeMap<String, Arc<dyn Phrasing>>) -> Result<Self, String> {
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut books = Vec::new();
        let mut of = HashMap::new();
        for character in &world.cast {
            let phrasing = given
                .get(&character.dialect)
                .ok_or_else(|| character.name.clone())?;
            let place = *places.entry(&character.dialect).or_insert_with(|| {
                let samples = phrasing.samples();
                books.push(Book {
                    phrasing: Arc::clone(phrasing),
                    sentiments: samples.iter().map(|text| sentiment::score(text)).collect(),
                });
                books.len() - 1
            });
            of.insert(character.slug.clone(), place);
        }
        Ok(Self { books, of })
    }

    /// The lines of a conversation; none of them is said twice while there are others.
    pub(super) fn lines(
        &self,
        generator: &Generator,
        household: &Household,
        talk: &Talk,
        dice: Dice,
    ) -> Vec<BulkLine> {
        let mut roll = dice.roll("words");
        let mut used: Vec<Vec<u32>> = vec![Vec::new(); self.books.len()];
        let companion = |place: usize| -> &Companion {
            &household.companions[talk.participants[place].companion]
        };
        let line = |cue: &parlor_model::Cue| {
            let (me, other) = (companion(cue.speaker), companion(cue.to));
            let likes = generator.character(me).map(|character| &character.likes);
            let phrase = Phrase {
                act: cue.act,
                tone: cue.tone,
                topic: &talk.topic,
                me: &me.name,
                other: &other.name,
                like: likes.and_then(|likes| roll.pick(likes)).map(String::as_str),
            };
            // Whose character has left the cast speaks as the first of it.
            let place = self.of.get(&me.character).copied().unwrap_or(0);
            let book = &self.books[place];
            let (number, text) = book.phrasing.say(&phrase, &used[place], &mut roll);
            used[place].push(number);
            let sentiment = book.sentiments.get(number as usize).copied();
            BulkLine {
                speaker: cue.speaker,
                to: cue.to,
                text,
                sentiment: sentiment.unwrap_or(0.0),
            }
        };
        talk.cues.iter().map(line).collect()
    }
}
