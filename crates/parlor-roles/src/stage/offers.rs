//! Whom the models of this process are choosing from at the moment, so that two who think about the same
//! place at the same time don't send the same people on.

use parking_lot::Mutex;
use parlor_model::Slug;
use parlor_model::travel::{Here, PlaceRecord};
use std::collections::HashSet;
use std::sync::Arc;

/// World, place, character.
type Offered = (Slug, Slug, Slug);

/// Everybody who is offered to a model.
#[derive(Clone, Default)]
pub(super) struct Offers(Arc<Mutex<HashSet<Offered>>>);

/// People who are offered to one model, until this is dropped.
pub(super) struct Offer {
    all: Offers,
    people: Vec<Offered>,
}

impl Offers {
    /// The place without those who are offered to somebody else; as it is where nobody would be left.
    pub(super) fn of(
        &self,
        world: &Slug,
        place: &Slug,
        record: &PlaceRecord,
    ) -> (PlaceRecord, Offer) {
        let mut offered = self.0.lock();
        let key = |here: &Here| (world.clone(), place.clone(), here.slug.clone());
        let mut free = record.clone();
        free.here.retain(|here| !offered.contains(&key(here)));
        let people: Vec<_> = free.here.iter().map(key).collect();
        offered.extend(people.iter().cloned());
        drop(offered);
        if free.here.is_empty() {
            free.here.clone_from(&record.here);
        }
        let all = self.clone();
        (free, Offer { all, people })
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        let mut offered = self.all.0.lock();
        for person in &self.people {
            offered.remove(person);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(slug: &str) -> Here {
        Here {
            slug: Slug::new(slug).unwrap(),
            tired: 0,
            since: chrono::DateTime::UNIX_EPOCH,
            arriving: false,
        }
    }

    fn names(record: &PlaceRecord) -> Vec<&str> {
        record.here.iter().map(|here| here.slug.as_str()).collect()
    }

    #[test]
    fn nobody_is_offered_twice_at_a_time_unless_nobody_else_is_there() {
        let (world, hut) = (Slug::new("w").unwrap(), Slug::new("hut").unwrap());
        let offers = Offers::default();
        let record = |people: &[&str]| PlaceRecord {
            here: people.iter().map(|slug| here(slug)).collect(),
            ..PlaceRecord::default()
        };
        let (first, held) = offers.of(&world, &hut, &record(&["a", "b"]));
        assert_eq!(names(&first), ["a", "b"]);
        let (second, _also_held) = offers.of(&world, &hut, &record(&["a", "b", "c"]));
        assert_eq!(names(&second), ["c"]);
        let (third, nobody_held) = offers.of(&world, &hut, &record(&["a"]));
        assert_eq!(names(&third), ["a"]);
        drop(nobody_held);
        assert_eq!(
            names(&offers.of(&world, &hut, &record(&["a", "d"])).0),
            ["d"]
        );
        drop(held);
        assert_eq!(
            names(&offers.of(&world, &hut, &record(&["a", "d"])).0),
            ["a", "d"]
        );
    }
}
