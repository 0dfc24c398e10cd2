//! **Group** (`[mechanics.group]`): companions of one person talk among themselves, a whole
//! conversation at a time. How many take part is drawn by weight; each of them says a few lines.
//!
//! The order of lines: the first participant opens; after that nobody speaks twice in a row, and who
//! has more left to say is likelier to be next. For two this means that they take turns.

use super::{Mechanic, Settings};
use parlor_model::Roll;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Fewest in a conversation; place 0 of the weights.
pub const PARTICIPANTS_MIN: usize = 2;

/// Conversations among a person's companions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Group {
    /// How often two, three, four and five take part, by weight. Where fewer are free to talk, all
    /// of those do.
    #[schemars(length(min = 1, max = 7))]
    pub weights: Vec<u32>,
    /// Fewest lines of each participant.
    #[schemars(range(min = 1, max = 20))]
    pub lines_min: u32,
    /// Most lines of each participant.
    #[schemars(range(min = 1, max = 20))]
    pub lines_max: u32,
    /// Share of the people that runs of the schedule reach, in percent: always the same ones, and more
    /// of them with a larger share.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub percent: f64,
}

impl Default for Group {
    fn default() -> Self {
        Self {
            weights: vec![40, 30, 20, 10],
            lines_min: 2,
            lines_max: 4,
            percent: 100.0,
        }
    }
}

impl Settings for Group {
    const NAME: &'static str = "group";
    const NEEDS_SESSIONS: bool = true;
}

impl Mechanic for Group {}

impl Group {
    /// How many take part when `free` could; `None` when they are too few.
    #[must_use]
    pub fn size(&self, free: usize, roll: &mut Roll) -> Option<usize> {
        if free < PARTICIPANTS_MIN {
            return None;
        }
        let total: usize = self.weights.iter().map(|weight| *weight as usize).sum();
        let mut left = roll.below(total);
        let mut size = PARTICIPANTS_MIN;
        for weight in &self.weights {
            let weight = *weight as usize;
            if left < weight {
                break;
            }
            left -= weight;
            size += 1;
        }
        Some(size.min(free))
    }

    /// `size` of `0..free`, each as likely as the next, in the order of drawing (the first steps of
    /// Fisher and Yates' shuffle).
    #[must_use]
    pub fn draw(free: usize, size: usize, roll: &mut Roll) -> Vec<usize> {
        let mut all: Vec<usize> = (0..free).collect();
        for place in 0..size.min(free) {
            let other = place + roll.below(free - place);
            all.swap(place, other);
        }
        all.truncate(size);
        all
    }

    /// Who says each line, as places among `size` participants; the first is 0.
    #[must_use]
    pub fn order(&self, size: usize, roll: &mut Roll) -> Vec<usize> {
        let mut left = self.shares(size, roll);
        let mut order = Vec::with_capacity(left.iter().sum());
        let mut total: usize = left.iter().sum();
        let mut next = 0;
        while total > 0 {
            left[next] -= 1;
            total -= 1;
            order.push(next);
            if total > 0 {
                next = follower(next, &left, total, roll);
            }
        }
        order
    }

    /// How many lines each says.
    fn shares(&self, size: usize, roll: &mut Roll) -> Vec<usize> {
        let (min, max) = (self.lines_min as usize, self.lines_max as usize);
        let span = max.saturating_sub(min) + 1;
        let mut shares: Vec<usize> = (0..size).map(|_| min + roll.below(span)).collect();
        if let [first, second] = shares.as_mut_slice() {
            // Two take turns, so the one who opens says as much as the other, or one line more.
            let (more, less) = ((*first).max(*second), (*first).min(*second));
            (*first, *second) = (more, less.max(more - 1));
        }
        shares
    }
}

/// Who speaks after `last`: one of the others, by what they have left to say; somebody with more
/// left than all others together must be next, or would speak twice in a row later.
fn follower(last: usize, left: &[usize], total: usize, roll: &mut Roll) -> usize {
    let must = (0..left.len()).find(|who| *who != last && left[*who] * 2 > total);
    if let Some(who) = must {
        return who;
    }
    let others = total - left[last];
    let mut at = roll.below(others);
    for (who, lines) in left.iter().enumerate().filter(|(who, _)| *who != last) {
        if at < *lines {
            return who;
        }
        at -= lines;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_model::Dice;
    use uuid::Uuid;

    fn roll(seed: u64) -> Roll {
        Dice::new(seed, Uuid::nil()).roll("test")
    }

    /// Pearson's chi-squared statistic.
    fn chi_squared(seen: &[u32], expected: &[f64]) -> f64 {
        let terms = seen.iter().zip(expected);
        terms
            .map(|(seen, expected)| (f64::from(*seen) - expected).powi(2) / expected)
            .sum()
    }

    #[test]
    fn two_to_five_take_part_by_weight_cl13() {
        let (group, mut roll) = (Group::default(), roll(1));
        let mut seen = [0_u32; 4];
        for _ in 0..1_000_000 {
            seen[group.size(8, &mut roll).unwrap() - 2] += 1;
        }
        let expected = [400_000.0, 300_000.0, 200_000.0, 100_000.0];
        // Three degrees of freedom: 16.27 is passed by chance once in a thousand times.
        assert!(chi_squared(&seen, &expected) < 16.27, "{seen:?}");
    }

    #[test]
    fn few_talk_all_together_and_one_not_at_all() {
        let (group, mut roll) = (Group::default(), roll(2));
        assert_eq!(group.size(0, &mut roll), None);
        assert_eq!(group.size(1, &mut roll), None);
        assert!((0..1_000).all(|_| group.size(2, &mut roll) == Some(2)));
        assert!((0..1_000).all(|_| group.size(3, &mut roll) <= Some(3)));
    }

    #[test]
    fn everybody_is_drawn_as_often() {
        let mut roll = roll(3);
        let mut seen = [0_u32; 8];
        for _ in 0..100_000 {
            let drawn = Group::draw(8, 3, &mut roll);
            assert_eq!(drawn.len(), 3);
            drawn.iter().for_each(|who| seen[*who] += 1);
        }
        // Seven degrees of freedom; drawing without putting back only makes it smaller.
        assert!(chi_squared(&seen, &[37_500.0; 8]) < 24.32, "{seen:?}");
    }

    #[test]
    fn each_says_two_to_four_lines_and_nobody_speaks_twice_in_a_row_cl20() {
        let (group, mut roll) = (Group::default(), roll(4));
        for size in 2..=5 {
            for _ in 0..20_000 {
                let order = group.order(size, &mut roll);
                assert_eq!(order[0], 0);
                assert!(order.windows(2).all(|two| two[0] != two[1]), "{order:?}");
                for who in 0..size {
                    let lines = order.iter().filter(|speaker| **speaker == who).count();
                    assert!((2..=4).contains(&lines), "{order:?}");
                }
            }
        }
    }

    #[test]
    fn a_conversation_has_about_nine_lines_cl57() {
        let (group, mut roll) = (Group::default(), roll(5));
        let lines: usize = (0..20_000)
            .map(|_| {
                let size = group.size(8, &mut roll).unwrap();
                group.order(size, &mut roll).len()
            })
            .sum();
        assert!((170_000..190_000).contains(&lines), "{lines}");
    }
}
