//! What can be talked about today, made ready for many draws.

use super::Generator;
use crate::mechanics::tastes::Taste;
use chrono::NaiveDate;
use parlor_model::world::Topic;
use parlor_model::{Companion, Roll};

/// The topics of a day, by category and weight. A draw looks at the categories, then at one of them.
#[derive(Debug, Clone)]
pub struct Agenda {
    topics: Vec<Topic>,
    categories: Vec<Category>,
    /// What each of the cast makes of each category.
    tastes: Vec<Vec<Taste>>,
}

#[derive(Debug, Clone)]
struct Category {
    /// The sum of the topics' weights.
    total: f64,
    /// Place in `topics`, and the sum of the weights up to and with it.
    topics: Vec<(usize, f64)>,
}

impl Agenda {
    /// Topics that have not expired by `day` and whose season lasts (where the world minds seasons).
    #[must_use]
    pub fn new(generator: &Generator, topics: &[Topic], day: NaiveDate) -> Self {
        let mut agenda = Self {
            topics: Vec::new(),
            categories: Vec::new(),
            tastes: vec![Vec::new(); generator.cast.len()],
        };
        let mut names: Vec<Option<String>> = Vec::new();
        for topic in topics {
            let weight = weight(generator, topic, day);
            if weight <= 0.0 {
                continue;
            }
            let known = names.iter().position(|name| *name == topic.category);
            let place = known.unwrap_or_else(|| {
                names.push(topic.category.clone());
                agenda.add_category(generator, topic.category.as_deref())
            });
            let category = &mut agenda.categories[place];
            category.total += weight;
            category.topics.push((agenda.topics.len(), category.total));
            agenda.topics.push(topic.clone());
        }
        agenda
    }

    fn add_category(&mut self, generator: &Generator, name: Option<&str>) -> usize {
        for (member, tastes) in generator.cast.iter().zip(&mut self.tastes) {
            tastes.push(Taste::of(&member.character, name));
        }
        self.categories.push(Category {
            total: 0.0,
            topics: Vec::new(),
        });
        self.categories.len() - 1
    }

    /// How many topics there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.topics.len()
    }

    /// True when there is nothing to talk about.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// A topic for these participants, by weight.
    pub(super) fn draw<'c>(
        &self,
        generator: &Generator,
        participants: impl Iterator<Item = &'c Companion> + Clone,
        roll: &mut Roll,
    ) -> Option<&Topic> {
        let likes = |companion: &Companion, category: usize| {
            let member = generator.by_slug.get(&companion.character);
            member.is_some_and(|at| self.tastes[*at][category] == Taste::Liked)
        };
        let weight = |place: usize| {
            let pull = generator.rules.tastes.as_ref().map_or(1.0, |tastes| {
                tastes.pull(participants.clone().filter(|c| likes(c, place)).count())
            });
            self.categories[place].total * pull
        };
        let total: f64 = (0..self.categories.len()).map(weight).sum();
        let mut at = roll.unit() * total;
        let mut chosen = self.categories.last()?;
        for (place, category) in self.categories.iter().enumerate() {
            let weight = weight(place);
            if at < weight {
                chosen = category;
                break;
            }
            at -= weight;
        }
        let at = roll.unit() * chosen.total;
        let place = chosen.topics.partition_point(|(_, up_to)| *up_to <= at);
        let (topic, _) = chosen.topics.get(place).or(chosen.topics.last())?;
        self.topics.get(*topic)
    }
}

/// How often a topic comes up; 0 where it is not its time.
fn weight(generator: &Generator, topic: &Topic, day: NaiveDate) -> f64 {
    let until = topic.until.as_deref();
    let until = until.and_then(|until| NaiveDate::parse_from_str(until, "%Y-%m-%d").ok());
    if until.is_some_and(|until| until < day) {
        return 0.0;
    }
    let season = match (&generator.rules.seasons, topic.season.as_deref()) {
        (Some(seasons), Some(season)) if seasons.lasts(season, day) => seasons.draw,
        (Some(_), Some(_)) => 0.0,
        _ => 1.0,
    };
    season * generator.rules.pool.weight(topic.category.as_deref())
}
