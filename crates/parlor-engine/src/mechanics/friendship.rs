//! **Friendship** (`[mechanics.friendship]`): companions remember how they got on. With every
//! conversation on the same side two grow closer, with every one on opposite sides they grow apart. Friends
//! come to share opinions, and both friends and rivals mention how they stand.

use super::{Mechanic, Settings};
use parlor_model::Tie;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bonds that grow and shrink.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Friendship {
    /// What a bond (-100 to 100) gains when two were on the same side.
    #[schemars(range(min = 0, max = 100))]
    pub grow: i8,
    /// What it loses when they were on opposite sides.
    #[schemars(range(min = 0, max = 100))]
    pub shrink: i8,
    /// From here on two are friends, below its opposite rivals.
    #[schemars(range(min = 1, max = 100))]
    pub known_from: i8,
    /// Chance that a line between friends or rivals is about that.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub mention: f64,
    /// How much of a friend's opinion somebody takes over, at most.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub pull: f64,
}

impl Default for Friendship {
    fn default() -> Self {
        Self {
            grow: 6,
            shrink: 9,
            known_from: 25,
            mention: 0.2,
            pull: 0.3,
        }
    }
}

impl Settings for Friendship {
    const NAME: &'static str = "friendship";
}

impl Mechanic for Friendship {}

impl Friendship {
    /// A bond after one more conversation: `agreed` tells whether they were on the same side, `None`
    /// that at least one of them was on none.
    #[must_use]
    pub fn after(&self, affinity: i8, agreed: Option<bool>) -> i8 {
        let step = match agreed {
            Some(true) => self.grow,
            Some(false) => -self.shrink,
            None => 0,
        };
        affinity.saturating_add(step).clamp(-100, 100)
    }

    /// True for friends, false for rivals, `None` for neither. `affinity` is -1 to 1.
    #[must_use]
    pub fn known(&self, affinity: f64) -> Option<bool> {
        let line = f64::from(self.known_from) / 100.0;
        (affinity.abs() >= line).then_some(affinity > 0.0)
    }

    /// Somebody's opinion after they heard what a friend thinks. Rivals are not listened to.
    #[must_use]
    pub fn swayed(&self, own: f64, friends: f64, affinity: f64) -> f64 {
        own + self.pull * affinity.max(0.0) * (friends - own)
    }

    /// Puts a bond down in the list, which is in order.
    pub fn put(ties: &mut Vec<Tie>, one: u8, other: u8, affinity: i8) {
        let (a, b) = (one.min(other), one.max(other));
        match ties.binary_search_by_key(&(a, b), |tie| (tie.a, tie.b)) {
            Ok(place) => ties[place].affinity = affinity,
            Err(place) => ties.insert(place, Tie { a, b, affinity }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bonds_grow_shrink_and_have_an_end_cl89() {
        let friendship = Friendship::default();
        assert_eq!(friendship.after(0, Some(true)), 6);
        assert_eq!(friendship.after(0, Some(false)), -9);
        assert_eq!(friendship.after(50, None), 50);
        assert_eq!(friendship.after(98, Some(true)), 100);
        assert_eq!(friendship.after(-98, Some(false)), -100);
    }

    #[test]
    fn friends_and_rivals_are_told_apart() {
        let friendship = Friendship::default();
        assert_eq!(friendship.known(0.25), Some(true));
        assert_eq!(friendship.known(-0.25), Some(false));
        assert_eq!(friendship.known(0.24), None);
    }

    #[test]
    fn a_friend_is_listened_to_and_a_rival_is_not() {
        let friendship = Friendship::default();
        assert!((friendship.swayed(-0.5, 0.5, 1.0) + 0.2).abs() < 1e-9);
        assert_eq!(friendship.swayed(-0.5, 0.5, -1.0), -0.5);
    }

    #[test]
    fn each_pair_has_one_bond_whoever_comes_first() {
        let mut ties = Vec::new();
        Friendship::put(&mut ties, 3, 1, 6);
        Friendship::put(&mut ties, 0, 2, -9);
        Friendship::put(&mut ties, 1, 3, 12);
        let tie = |a, b, affinity| Tie { a, b, affinity };
        assert_eq!(ties, [tie(0, 2, -9), tie(1, 3, 12)]);
    }
}
