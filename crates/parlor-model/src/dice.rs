//! Dice as a parameter: the same world seed and event always roll the same.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The dice of one event. Each question asked of them has a label and its own stream, so that a
/// mechanic that is switched on or off does not change what another one rolls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dice {
    seed: u64,
    event: Uuid,
}

impl Dice {
    /// Dice for `event` in a world whose seed is `seed`.
    #[must_use]
    pub fn new(seed: u64, event: Uuid) -> Self {
        Self { seed, event }
    }

    /// Dice of the same world for something that outlasts the event (a conversation): all events
    /// that ask about `id` get the same.
    #[must_use]
    pub fn about(&self, id: Uuid) -> Self {
        Self::new(self.seed, id)
    }

    /// The event that they belong to.
    #[must_use]
    pub fn event(&self) -> Uuid {
        self.event
    }

    /// The stream of rolls called `label`: ChaCha8 keyed with SHA-256 of seed, event and label.
    #[must_use]
    pub fn roll(&self, label: &str) -> Roll {
        let key = Sha256::new()
            .chain_update(self.seed.to_le_bytes())
            .chain_update(self.event.as_bytes())
            .chain_update(label.as_bytes())
            .finalize();
        Roll {
            rng: ChaCha8Rng::from_seed(key.into()),
        }
    }

    /// True with `probability` (0..=1).
    #[must_use]
    pub fn chance(&self, label: &str, probability: f64) -> bool {
        self.roll(label).chance(probability)
    }
}

/// A stream of rolls.
#[derive(Debug, Clone)]
pub struct Roll {
    rng: ChaCha8Rng,
}

impl Roll {
    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// Uniform in 0 (included) to 1 (excluded), on a grid of 2^-53.
    pub fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let whole = (self.bits() >> 11) as f64;
        whole * (1.0 / 9_007_199_254_740_992.0)
    }

    /// True with `probability`; never for 0 or less, always for 1 or more.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Uniform in `0..n`, by Lemire's multiply-shift (bias below n / 2^64). 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        let wide = u128::from(self.bits()) * (n as u128);
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// One of `items`, each as likely as the next.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() {
            None
        } else {
            items.get(self.below(items.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_event_and_label_roll_the_same() {
        let dice = Dice::new(7, Uuid::from_u128(1));
        assert_eq!(dice.roll("gossip").bits(), dice.roll("gossip").bits());
        assert_ne!(dice.roll("gossip").bits(), dice.roll("aside").bits());
        assert_ne!(
            dice.roll("gossip").bits(),
            Dice::new(8, Uuid::from_u128(1)).roll("gossip").bits()
        );
    }

    #[test]
    fn a_chance_of_a_tenth_comes_up_a_tenth_of_the_time() {
        let hits = (0..100_000u128)
            .filter(|n| Dice::new(7, Uuid::from_u128(*n)).chance("gossip", 0.1))
            .count();
        // 10,000 expected, standard deviation 95: five of them either way.
        assert!((9_525..=10_475).contains(&hits), "{hits}");
    }

    #[test]
    fn certain_and_impossible_are_exact() {
        let mut roll = Dice::new(1, Uuid::nil()).roll("x");
        assert!((0..1000).all(|_| !roll.chance(0.0)));
        assert!((0..1000).all(|_| roll.chance(1.0)));
    }
}
